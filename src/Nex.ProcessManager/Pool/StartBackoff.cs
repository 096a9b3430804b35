namespace Nex.ProcessManager.Pool;

/// <summary>
/// How long to wait before the next start, after starts have failed in a row: twice as long with each, up to a limit, and at random between
/// half of that and all of it, so that many nodes do not try in step.
/// </summary>
/// <remarks>
/// Starts that go on at the same time usually fail together, for the same reason. In a row they are one failure: what had begun before the
/// last that counted does not count again.
/// </remarks>
internal sealed class StartBackoff(TimeSpan first, TimeSpan longest, TimeProvider time)
{
    private const int MostDoublings = 30;

    private TimeSpan _delay;
    private long _since;

    /// <summary>What a start takes along when it begins. It changes with each failure that counts.</summary>
    internal int Round { get; private set; }

    /// <summary>How many starts have failed since the last that did not.</summary>
    internal int Failures { get; private set; }

    /// <summary>Why the last failed.</summary>
    internal string? Reason { get; private set; }

    /// <summary>How long a start must wait from now; null when it need not.</summary>
    internal TimeSpan? Wait => Failures > 0 && _delay - time.GetElapsedTime(_since) is { } wait && wait > TimeSpan.Zero ? wait : null;

    /// <summary>When that is by the clock of the host, for a person; null when a start need not wait.</summary>
    internal DateTimeOffset? NextStart => time.GetUtcNow() + Wait;

    internal void Succeeded()
    {
        Failures = 0;
        Reason = null;
    }

    /// <param name="round">The <see cref="Round"/> in which it began.</param>
    internal void Failed(int round, string reason)
    {
        Reason = reason;
        if (Failures > 0 && round != Round)
        {
            return;
        }

        double delay = Math.Min(longest.TotalSeconds, first.TotalSeconds * Math.Pow(2, Math.Min(Failures, MostDoublings)));
        _delay = TimeSpan.FromSeconds(delay * (0.5 + (Random.Shared.NextDouble() / 2)));
        _since = time.GetTimestamp();
        Failures++;
        Round++;
    }
}
