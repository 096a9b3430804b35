using Nex.ProcessManager.Configuration;

namespace Nex.ProcessManager.Pool;

/// <summary>How long to wait before the next start, after starts have failed in a row, or agents have ended that had only just started.</summary>
/// <remarks>
/// <para>
/// What goes on at the same time usually fails together, for the same reason. In a row it is one failure: what had begun before the last
/// that counted does not count again.
/// </para>
/// <para>
/// An agent that becomes warm and then ends by itself, without ever having had a workload, may do so for ever. It counts when it was warm for
/// less than the longest wait: one that lives longer is started no more often than a start that fails. That the next one becomes warm does
/// not end this row, since they all do. It is forgotten when there was no such end for as long as it takes to come round: a start, a life that
/// is too short, and a wait. So an agent that is lost now and then is replaced at once, or almost.
/// </para>
/// </remarks>
internal sealed class StartBackoff(ProcessManagerOptions options, TimeProvider time)
{
    private readonly FailureRow _starts = new(options.StartBackoff, options.MaxStartBackoff, time);
    private readonly FailureRow _deaths = new(options.StartBackoff, options.MaxStartBackoff, time);

    /// <summary>What a start takes along when it begins. It changes with each failure that counts.</summary>
    internal int Round { get; private set; }

    /// <summary>How many starts have failed since the last that did not.</summary>
    internal int Failures => _starts.Count;

    /// <summary>Whether no start may begin, or the last have failed.</summary>
    internal bool IsFailing => Failures > 0 || Wait is not null;

    /// <summary>Why the last failed.</summary>
    internal string? Reason => _starts.Reason ?? _deaths.Reason;

    /// <summary>How long a start must wait from now; null when it need not.</summary>
    internal TimeSpan? Wait => (_starts.Wait, _deaths.Wait) switch
    {
        ({ } one, { } other) => one > other ? one : other,
        var (one, other) => one ?? other,
    };

    /// <summary>When that is by the clock of the host, for a person; null when a start need not wait.</summary>
    internal DateTimeOffset? NextStart => time.GetUtcNow() + Wait;

    private TimeSpan Memory => options.StartTimeout + options.MaxStartBackoff + options.MaxStartBackoff;

    /// <summary>An agent became warm.</summary>
    internal void Succeeded() => _starts.Forget();

    /// <summary>An agent did not become warm.</summary>
    /// <param name="round">The <see cref="Round"/> in which it began.</param>
    internal void Failed(int round, string reason) => Count(_starts, round, reason);

    /// <summary>A warm agent ended by itself.</summary>
    /// <param name="round">The <see cref="Round"/> in which it began.</param>
    /// <returns>Whether that was so soon that it counts as a failed start.</returns>
    internal bool Ended(int round, TimeSpan warmFor, string reason)
    {
        bool tooSoon = warmFor < options.MaxStartBackoff;
        if (tooSoon)
        {
            if (_deaths.Age > Memory)
            {
                _deaths.Forget();
            }

            Count(_deaths, round, reason);
        }

        return tooSoon;
    }

    /// <summary>More is known of why the last agent ended so soon.</summary>
    internal void Explain(string reason) => _deaths.Reason = reason;

    private void Count(FailureRow row, int round, string reason)
    {
        if (row.Count == 0 || round == Round)
        {
            row.Add(reason);
            Round++;
        }
        else
        {
            row.Reason = reason;
        }
    }
}
