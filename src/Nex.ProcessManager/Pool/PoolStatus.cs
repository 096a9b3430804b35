namespace Nex.ProcessManager.Pool;

/// <summary>What a pool is doing.</summary>
public enum PoolState
{
    /// <summary>Not started.</summary>
    Created,

    /// <summary>Agents are being started.</summary>
    Filling,

    /// <summary>As many agents are warm as were asked for.</summary>
    Full,

    /// <summary>Starts have been failing, or agents ending as soon as they were warm; <see cref="PoolStatus.Reason"/> says why, and <see cref="PoolStatus.NextStart"/> when the next is tried.</summary>
    Failing,

    /// <summary>No new workloads.</summary>
    LameDuck,

    /// <summary>Being stopped.</summary>
    Stopping,

    /// <summary>Stopped: nothing runs.</summary>
    Stopped,
}

/// <summary>A pool at one moment.</summary>
public sealed record PoolStatus
{
    /// <summary>What it is doing.</summary>
    public required PoolState State { get; init; }

    /// <summary>How many agents it keeps warm.</summary>
    public required int Size { get; init; }

    /// <summary>Agents that are being started.</summary>
    public required int Starting { get; init; }

    /// <summary>Agents that wait for a workload.</summary>
    public required int Warm { get; init; }

    /// <summary>Agents that have a workload.</summary>
    public required int Prepared { get; init; }

    /// <summary>Agents that are being ended.</summary>
    public required int Stopping { get; init; }

    /// <summary>Callers that wait for an agent.</summary>
    public required int Waiting { get; init; }

    /// <summary>Why the last start failed, while starts are failing; null otherwise.</summary>
    public string? Reason { get; init; }

    /// <summary>When the next start is tried, while starts are failing; null otherwise, and once its time has come.</summary>
    public DateTimeOffset? NextStart { get; init; }
}
