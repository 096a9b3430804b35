namespace Nex.Control.Messages;

/// <summary>How a node answers a ping.</summary>
public sealed record PingReply
{
    /// <summary>The id of the node: its public server key.</summary>
    public required string NodeId { get; init; }

    /// <summary>The version of the node's program.</summary>
    public required string Version { get; init; }

    /// <summary>How long the node is up, as <see cref="Formats.Uptime"/> writes it.</summary>
    public required string Uptime { get; init; }

    /// <summary>The public key that environments are sealed to.</summary>
    public required string TargetXkey { get; init; }

    /// <summary>What the node says of itself.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>How many workloads run on it.</summary>
    public required int RunningMachines { get; init; }
}

/// <summary>How a node answers who asks for workloads.</summary>
public sealed record WorkloadPingReply
{
    /// <inheritdoc cref="PingReply.NodeId"/>
    public required string NodeId { get; init; }

    /// <inheritdoc cref="PingReply.TargetXkey"/>
    public required string TargetXkey { get; init; }

    /// <inheritdoc cref="PingReply.Version"/>
    public required string Version { get; init; }

    /// <inheritdoc cref="PingReply.Tags"/>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <inheritdoc cref="PingReply.Uptime"/>
    public required string Uptime { get; init; }

    /// <summary>The workloads that were asked for and run there.</summary>
    public required IReadOnlyList<RunningWorkload> RunningMachines { get; init; }
}

/// <summary>A workload that runs on a node.</summary>
public sealed record RunningWorkload
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Whose it is.</summary>
    public required string Namespace { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its type: <c>elf</c>, <c>wasm</c>, <c>v8</c> or <c>oci</c>.</summary>
    public required string Type { get; init; }
}

/// <summary>What a node says of itself and of the workloads of one namespace.</summary>
public sealed record InfoReply
{
    /// <inheritdoc cref="PingReply.Version"/>
    public required string Version { get; init; }

    /// <inheritdoc cref="PingReply.Uptime"/>
    public required string Uptime { get; init; }

    /// <inheritdoc cref="PingReply.TargetXkey"/>
    public required string PublicXkey { get; init; }

    /// <inheritdoc cref="PingReply.Tags"/>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>The memory of its host; null where the node cannot tell.</summary>
    public MemoryStatus? Memory { get; init; }

    /// <summary>The workloads of the namespace.</summary>
    public required IReadOnlyList<MachineSummary> Machines { get; init; }

    /// <summary>The types of workload that it runs.</summary>
    public IReadOnlyList<string>? SupportedWorkloadTypes { get; init; }
}

/// <summary>The memory of a host, in kB, as /proc/meminfo has it.</summary>
/// <param name="Total">All of it.</param>
/// <param name="Free">What nothing uses.</param>
/// <param name="Available">What could be given to programs.</param>
public sealed record MemoryStatus(long Total, long Free, long Available);

/// <summary>An agent and the workload that runs on it.</summary>
public sealed record MachineSummary
{
    /// <summary>The id of the workload.</summary>
    public required string Id { get; init; }

    /// <summary>Whether its agent answers.</summary>
    public required bool Healthy { get; init; }

    /// <summary>How long it runs, as <see cref="Formats.Uptime"/> writes it.</summary>
    public required string Uptime { get; init; }

    /// <summary>Whose it is.</summary>
    public string? Namespace { get; init; }

    /// <summary>What runs.</summary>
    public required WorkloadSummary Workload { get; init; }
}

/// <summary>A workload, for people.</summary>
public sealed record WorkloadSummary
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>A sentence for people.</summary>
    public string? Description { get; init; }

    /// <summary>How long it has run, as <see cref="Formats.Uptime"/> writes it.</summary>
    public required string Runtime { get; init; }

    /// <summary>Its type.</summary>
    public required string Type { get; init; }

    /// <summary>The SHA-256 of its artifact.</summary>
    public required string Hash { get; init; }
}

/// <summary>How a node answers a deploy.</summary>
public sealed record RunReply
{
    /// <summary>Whether the workload runs.</summary>
    public required bool Started { get; init; }

    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>The public account key that its claims are signed with.</summary>
    public required string Issuer { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }
}

/// <summary>How a node answers a stop.</summary>
public sealed record StopReply
{
    /// <summary>Whether the workload was stopped.</summary>
    public required bool Stopped { get; init; }

    /// <inheritdoc cref="RunReply.Id"/>
    public required string Id { get; init; }

    /// <inheritdoc cref="RunReply.Issuer"/>
    public required string Issuer { get; init; }

    /// <inheritdoc cref="RunReply.Name"/>
    public required string Name { get; init; }
}

/// <summary>How a node answers who puts it into lame duck mode.</summary>
public sealed record LameDuckReply
{
    /// <inheritdoc cref="PingReply.NodeId"/>
    public required string NodeId { get; init; }

    /// <summary>Whether it takes no new workloads from now on.</summary>
    public required bool Success { get; init; }
}
