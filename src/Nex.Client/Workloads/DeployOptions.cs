using NATS.NKeys;
using Nex.Protocol.Workloads;

namespace Nex.Client.Workloads;

/// <summary>What to deploy, where, and as whom.</summary>
public sealed record DeployOptions
{
    /// <summary>The name of the workload: 1 to 63 lower-case letters, digits and hyphens, with no hyphen first or last.</summary>
    public required string Name { get; init; }

    /// <summary>The node. <see cref="NexClient.SelectNodeAsync"/> finds one.</summary>
    public required string NodeId { get; init; }

    /// <summary>Where the artifact is: <c>nats://BUCKET/KEY</c>, in an object store of JetStream.</summary>
    public required string Location { get; init; }

    /// <summary>An account key with its seed, which signs. Only who has it can stop the workload.</summary>
    public required KeyPair Issuer { get; init; }

    /// <summary>A curve key with its seed, which seals the environment. Null: one is made for this deploy.</summary>
    public KeyPair? Sender { get; init; }

    /// <summary>The public curve key of the node. Null: the node is asked for it.</summary>
    public string? NodeXkey { get; init; }

    /// <summary>Whose workload it is. Default: <c>default</c>.</summary>
    public string Namespace { get; init; } = NexClient.DefaultNamespace;

    /// <summary>One of <see cref="WorkloadTypes"/>. Default: <c>elf</c>.</summary>
    public string Type { get; init; } = WorkloadTypes.Elf;

    /// <summary>The arguments of its program.</summary>
    public IReadOnlyList<string> Argv { get; init; } = [];

    /// <summary>The environment of its program. Only the node can read it.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>A sentence for people.</summary>
    public string? Description { get; init; }

    /// <summary>Whether it is started again when it fails.</summary>
    public bool Essential { get; init; }

    /// <summary>The subjects whose messages run a function.</summary>
    public IReadOnlyList<string> TriggerSubjects { get; init; } = [];

    /// <summary>The JetStream domain of the object store; null: as the client's options say, as for an upload; empty: that of the node.</summary>
    public string? JetStreamDomain { get; init; }

    /// <summary>The SHA-256 of the artifact, in hex, which the node compares. Null: nothing is claimed.</summary>
    public string? Hash { get; init; }
}

/// <summary>A workload, and where it runs.</summary>
/// <param name="NodeId">The id of its node.</param>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
public sealed record LocatedWorkload(string NodeId, string Id, string Name);

/// <summary>Which workload to stop, and as whom.</summary>
public sealed record StopOptions
{
    /// <summary>Its id, or its name where the namespace has only one of that name.</summary>
    public required string Workload { get; init; }

    /// <summary>The account key, with its seed, that has signed the deploy.</summary>
    public required KeyPair Issuer { get; init; }

    /// <summary>Its node. Null: it is looked for.</summary>
    public string? NodeId { get; init; }

    /// <summary>Its name, where <see cref="Workload"/> is its id. Null: it is looked for.</summary>
    public string? Name { get; init; }

    /// <summary>Whose it is. Default: <c>default</c>.</summary>
    public string Namespace { get; init; } = NexClient.DefaultNamespace;
}
