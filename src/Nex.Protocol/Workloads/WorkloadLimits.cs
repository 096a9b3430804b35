namespace Nex.Protocol.Workloads;

/// <summary>The most that a workload, with all processes it starts, may use. Null means no limit of its own.</summary>
public sealed record WorkloadLimits
{
    /// <summary>Memory in bytes.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Processor time as a number of processors: 0.5 is half of one.</summary>
    public double? Cpus { get; init; }

    /// <summary>Processes and threads alive at one time.</summary>
    public int? Pids { get; init; }
}
