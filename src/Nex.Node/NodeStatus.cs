using Nex.ProcessManager.Pool;

namespace Nex.Node;

/// <summary>What a node is doing.</summary>
public enum NodeState
{
    /// <summary>Not started.</summary>
    Created,

    /// <summary>Its first agent is being started, or it subscribes.</summary>
    Starting,

    /// <summary>It takes workloads.</summary>
    Running,

    /// <summary>It takes no new workloads; those that run go on.</summary>
    LameDuck,

    /// <summary>It is being stopped.</summary>
    Stopping,

    /// <summary>It has ended: nothing of it runs.</summary>
    Stopped,
}

/// <summary>A node at one moment.</summary>
public sealed record NodeStatus
{
    /// <summary>What it is doing.</summary>
    public required NodeState State { get; init; }

    /// <summary>Its id: its public server key (N…).</summary>
    public required string Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What it says of itself.</summary>
    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    /// <summary>How long it has been up.</summary>
    public required TimeSpan Uptime { get; init; }

    /// <summary>Whether it is connected to NATS now.</summary>
    public required bool Connected { get; init; }

    /// <summary>How many workloads it has.</summary>
    public required int Workloads { get; init; }

    /// <summary>Its agents.</summary>
    public required PoolStatus Pool { get; init; }

    /// <summary>How many messages wait to be published.</summary>
    public required int BufferedMessages { get; init; }
}
