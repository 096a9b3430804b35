namespace Nex.Node.Hosting;

/// <summary>Why a node could not be started.</summary>
public enum NodeHostFailure
{
    /// <summary>Its directory cannot be used: another node has it, others may write to it, or the host does not let it be used.</summary>
    Directory,

    /// <summary>A nats-server that the node starts itself could not be started.</summary>
    NatsServer,

    /// <summary>The NATS system that was named cannot be reached, or refuses this user.</summary>
    NatsUnreachable,

    /// <summary>No agent can be started here.</summary>
    Agents,

    /// <summary>Metrics or traces cannot be exported.</summary>
    Telemetry,
}

/// <summary>A node could not be started. The message says why, and what to do. Nothing is left of it.</summary>
public sealed class NodeHostException(NodeHostFailure failure, string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>Why, for a program.</summary>
    public NodeHostFailure Failure { get; } = failure;
}
