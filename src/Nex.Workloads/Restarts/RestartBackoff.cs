namespace Nex.Workloads.Restarts;

/// <summary>
/// Counts the failures of one workload, forgets them with time, and says how long to wait before the next start: twice as long with each,
/// up to a limit, at random between half of that and all of it. Used by one workload's life alone.
/// </summary>
internal sealed class RestartBackoff(RestartOptions options, TimeProvider time, Random random)
{
    private double _failures;
    private long _last = time.GetTimestamp();

    /// <summary>Counts a failure.</summary>
    /// <returns>How long to wait, in whole milliseconds, or null when there have been too many.</returns>
    internal TimeSpan? NextDelay()
    {
        double halfLives = time.GetElapsedTime(_last) / options.HalfLife;
        _last = time.GetTimestamp();
        double before = _failures * Math.Pow(2, -halfLives);
        _failures = before + 1;
        if (_failures > options.MaxFailures)
        {
            return null;
        }

        double delay = Math.Min(options.MaxDelay.TotalMilliseconds, options.InitialDelay.TotalMilliseconds * Math.Pow(2, before));
        return TimeSpan.FromMilliseconds((long)(delay * (0.5 + (random.NextDouble() / 2))));
    }
}
