using Nex.Control.Messages;
using Nex.Protocol.Workloads;

namespace Nex.Client.Nodes;

/// <summary>What a node must offer.</summary>
public sealed record NodeRequirements
{
    /// <summary>The type of workload that it must run. Default: <c>elf</c>.</summary>
    public string Type { get; init; } = WorkloadTypes.Elf;

    /// <summary>Tags that it must have, with these values.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>The namespace that is deployed to. Default: <c>default</c>.</summary>
    public string Namespace { get; init; } = NexClient.DefaultNamespace;
}

/// <summary>A node that could take a workload.</summary>
/// <param name="Ping">Who it is.</param>
/// <param name="Info">What it says of itself.</param>
public sealed record NodeCandidate(PingReply Ping, InfoReply Info);
