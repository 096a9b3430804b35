namespace Nex.ProcessManager.Pool;

/// <summary>
/// How long to wait before the next start, after starts have failed in a row: twice as long with each, up to a limit, and at random between
/// half of that and all of it, so that many nodes do not try in step.
/// </summary>
internal sealed class StartBackoff(TimeSpan first, TimeSpan longest, TimeProvider time)
{
    private const int MostDoublings = 30;

    /// <summary>How many starts have failed since the last that did not.</summary>
    internal int Failures { get; private set; }

    /// <summary>Why the last failed.</summary>
    internal string? Reason { get; private set; }

    /// <summary>When the next may begin; null when at once.</summary>
    internal DateTimeOffset? NextStart { get; private set; }

    /// <summary>How long a start must wait from now; null when it need not.</summary>
    internal TimeSpan? Wait => NextStart - time.GetUtcNow() is { } wait && wait > TimeSpan.Zero ? wait : null;

    internal void Succeeded()
    {
        Failures = 0;
        Reason = null;
        NextStart = null;
    }

    internal void Failed(string reason)
    {
        Reason = reason;
        double delay = Math.Min(longest.TotalSeconds, first.TotalSeconds * Math.Pow(2, Math.Min(Failures, MostDoublings)));
        Failures++;
        NextStart = time.GetUtcNow() + TimeSpan.FromSeconds(delay * (0.5 + (Random.Shared.NextDouble() / 2)));
    }
}
