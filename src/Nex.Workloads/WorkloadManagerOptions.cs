using Nex.Workloads.Restarts;

namespace Nex.Workloads;

/// <summary>How a workload manager follows its workloads.</summary>
public sealed record WorkloadManagerOptions
{
    /// <summary>How essential workloads are started again.</summary>
    public RestartOptions Restarts { get; init; } = new();

    /// <summary>How many of the last lines of each workload are kept for its readers. 4,096 by default.</summary>
    public int MaxLogLines { get; init; } = 4096;

    /// <summary>How many characters those may have together. 1 Mi by default.</summary>
    public int MaxLogCharacters { get; init; } = 1024 * 1024;

    /// <summary>How many of the last events are kept for their readers, of each workload and of all together. 1,024 by default.</summary>
    public int MaxEvents { get; init; } = 1024;

    internal void ThrowIfInvalid()
    {
        Restarts.ThrowIfInvalid();
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxLogLines, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxLogCharacters, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxEvents, 1);
    }
}
