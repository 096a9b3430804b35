using Nex.ProcessManager.Agents;

namespace Nex.Workloads;

/// <summary>A line that a workload wrote.</summary>
public sealed record LogLine
{
    /// <summary>The id of the workload.</summary>
    public required string WorkloadId { get; init; }

    /// <summary>When the node received it.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Where the workload wrote it.</summary>
    public required OutputStream Stream { get; init; }

    /// <summary>The line, without its newline.</summary>
    public required string Text { get; init; }

    /// <summary>Whether the line is longer than 64 KiB and goes on in the next of this stream.</summary>
    public bool Continues { get; init; }

    /// <summary>How many lines before this one the reader missed because it was too slow.</summary>
    public long Missed { get; init; }
}

/// <summary>What can happen to a workload.</summary>
public enum WorkloadEventKind
{
    /// <summary>Its program runs.</summary>
    Started,

    /// <summary>Its program has ended; see <see cref="WorkloadEvent.Exit"/>.</summary>
    Exited,

    /// <summary>It is essential, failed, and will be started again after <see cref="WorkloadEvent.Delay"/>.</summary>
    RestartScheduled,

    /// <summary>It is over; see <see cref="WorkloadEvent.End"/>.</summary>
    Ended,
}

/// <summary>Something that happened to a workload.</summary>
public sealed record WorkloadEvent
{
    /// <summary>What.</summary>
    public required WorkloadEventKind Kind { get; init; }

    /// <summary>The id of the workload.</summary>
    public required string WorkloadId { get; init; }

    /// <summary>The name of the workload.</summary>
    public required string Name { get; init; }

    /// <summary>Whose workload it is.</summary>
    public required string Namespace { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The agent that it runs, or ran, on.</summary>
    public string? AgentId { get; init; }

    /// <summary>How often it has been started again.</summary>
    public int RetryCount { get; init; }

    /// <summary>How its program ended, with <see cref="WorkloadEventKind.Exited"/>.</summary>
    public WorkloadExit? Exit { get; init; }

    /// <summary>How long until it is started again, with <see cref="WorkloadEventKind.RestartScheduled"/>.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>Why it is over, with <see cref="WorkloadEventKind.Ended"/>.</summary>
    public WorkloadEndReason? End { get; init; }

    /// <summary>How many events before this one the reader missed because it was too slow.</summary>
    public long Missed { get; init; }
}

/// <summary>Why a workload is over.</summary>
public enum WorkloadEndReason
{
    /// <summary>Its program ended, and it is not essential or succeeded.</summary>
    Exited,

    /// <summary>Somebody stopped it, or the manager stops.</summary>
    Stopped,

    /// <summary>It is essential, and failed too often.</summary>
    TooManyFailures,

    /// <summary>It is essential and failed, and the node takes no workloads any more.</summary>
    LameDuck,
}

/// <summary>How a workload ended for good.</summary>
/// <param name="Reason">Why it is over.</param>
/// <param name="Exit">How its program ended the last time.</param>
/// <param name="RetryCount">How often it had been started again.</param>
public sealed record WorkloadResult(WorkloadEndReason Reason, WorkloadExit Exit, int RetryCount);

/// <summary>What a workload is doing.</summary>
public enum WorkloadState
{
    /// <summary>It waits for an agent, or is being started on one.</summary>
    Starting,

    /// <summary>Its program runs.</summary>
    Running,

    /// <summary>Its program failed, and will be started again.</summary>
    BackingOff,

    /// <summary>It is being stopped.</summary>
    Stopping,

    /// <summary>It is over.</summary>
    Ended,
}
