namespace Nex.Workloads.Restarts;

/// <summary>How essential workloads are started again when they end with anything but success.</summary>
public sealed record RestartOptions
{
    /// <summary>The wait before a first restart; doubled with each further one. Half a second by default.</summary>
    public TimeSpan InitialDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest wait. 30 seconds by default.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many failures are too many: the workload is then given up. 10 by default.</summary>
    public int MaxFailures { get; init; } = 10;

    /// <summary>
    /// The time in which half of the failures are forgotten, so that a workload that fails once a day runs for ever. 5 minutes by default.
    /// </summary>
    public TimeSpan HalfLife { get; init; } = TimeSpan.FromMinutes(5);

    internal void ThrowIfInvalid()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(InitialDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDelay, InitialDelay);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxFailures, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(HalfLife, TimeSpan.Zero);
    }
}
