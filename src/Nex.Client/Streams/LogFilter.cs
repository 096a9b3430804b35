namespace Nex.Client.Streams;

/// <summary>Which lines are read. What is null is any.</summary>
public sealed record LogFilter
{
    /// <summary>The namespace; null: all that this user may read.</summary>
    public string? Namespace { get; init; } = NexClient.DefaultNamespace;

    /// <summary>The id of a node.</summary>
    public string? NodeId { get; init; }

    /// <summary>The name of workloads.</summary>
    public string? WorkloadName { get; init; }

    /// <summary>The id of a workload.</summary>
    public string? WorkloadId { get; init; }

    /// <summary>The least level.</summary>
    public LogSeverity MinimumLevel { get; init; }
}

/// <summary>How grave a line is.</summary>
public enum LogSeverity
{
    /// <summary>For who looks for a defect.</summary>
    Debug,

    /// <summary>What a workload writes to its standard output.</summary>
    Info,

    /// <summary>What should be looked at.</summary>
    Warn,

    /// <summary>What a workload writes to its standard error, and what goes wrong.</summary>
    Error,
}

/// <summary>A line of a workload.</summary>
public sealed record NodeLogLine
{
    /// <summary>Whose workload it is.</summary>
    public required string Namespace { get; init; }

    /// <summary>The node it runs on.</summary>
    public required string NodeId { get; init; }

    /// <summary>The name of the workload.</summary>
    public required string WorkloadName { get; init; }

    /// <summary>The id of the workload.</summary>
    public required string WorkloadId { get; init; }

    /// <summary>How grave it is.</summary>
    public required LogSeverity Level { get; init; }

    /// <summary>Whether the node says it of the workload, such as that it was started; otherwise the workload has written it.</summary>
    public bool IsFromNode { get; init; }

    /// <summary>The line, without its end.</summary>
    public required string Text { get; init; }

    /// <summary>When it came here: a line has no time of its own.</summary>
    public required DateTimeOffset Received { get; init; }
}
