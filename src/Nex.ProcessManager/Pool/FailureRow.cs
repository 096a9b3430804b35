namespace Nex.ProcessManager.Pool;

/// <summary>
/// Failures in a row, and how long to wait after the last: twice as long with each, up to a limit, and at random between half of that and all
/// of it, so that many nodes do not try in step.
/// </summary>
internal sealed class FailureRow(TimeSpan first, TimeSpan longest, TimeProvider time)
{
    private const int MostDoublings = 30;

    private TimeSpan _delay;
    private long _since;

    internal int Count { get; private set; }

    /// <summary>Why the last failed.</summary>
    internal string? Reason { get; set; }

    /// <summary>How long the last was ago; null where there is none.</summary>
    internal TimeSpan? Age => Count > 0 ? time.GetElapsedTime(_since) : null;

    /// <summary>How long to wait from now; null when there is no need to.</summary>
    internal TimeSpan? Wait => _delay - Age is { } wait && wait > TimeSpan.Zero ? wait : null;

    internal void Add(string reason)
    {
        Reason = reason;
        double delay = Math.Min(longest.TotalSeconds, first.TotalSeconds * Math.Pow(2, Math.Min(Count, MostDoublings)));
        _delay = TimeSpan.FromSeconds(delay * (0.5 + (Random.Shared.NextDouble() / 2)));
        _since = time.GetTimestamp();
        Count++;
    }

    internal void Forget()
    {
        Count = 0;
        Reason = null;
    }
}
