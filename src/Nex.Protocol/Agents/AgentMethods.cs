namespace Nex.Protocol.Agents;

/// <summary>The methods of the agent protocol. Every one is safe in every state of the agent.</summary>
internal static class AgentMethods
{
    /// <summary>Agent to node, first of all: <see cref="AgentHello"/>, answered with <see cref="AgentWelcome"/>.</summary>
    internal const string Hello = "hello";

    /// <summary>
    /// Notification of an agent in a microVM that has been booted, and is nobody yet: <see cref="AgentWaiting"/>. What is cloned, is cloned now.
    /// </summary>
    internal const string Waiting = "waiting";

    /// <summary>Node to such an agent: <see cref="AgentAdopt"/>, answered with <see cref="AgentAdopted"/> when it is done. Then it says hello.</summary>
    internal const string Adopt = "adopt";

    /// <summary>Agent to node: the wall clock, answered with <see cref="AgentClock"/>. An agent measures how long that takes.</summary>
    internal const string ReadClock = "clock.read";

    /// <summary>Node to agent: <see cref="AgentPing"/>, answered with the same.</summary>
    internal const string Ping = "ping";

    /// <summary>Node to agent: <see cref="AgentDeploy"/>, answered with <see cref="AgentStarted"/> once the workload runs.</summary>
    internal const string Deploy = "deploy";

    /// <summary>Node to agent: <see cref="AgentUndeploy"/>, answered with <see cref="AgentUndeploying"/> at once.</summary>
    internal const string Undeploy = "undeploy";

    /// <summary>Agent to node: <see cref="AgentArtifactRead"/>, answered with <see cref="AgentArtifactChunk"/>.</summary>
    internal const string ReadArtifact = "artifact.read";

    /// <summary>Notification of the agent: <see cref="AgentOutput"/>.</summary>
    internal const string Output = "workload.output";

    /// <summary>Notification of the agent, after the last output: <see cref="AgentExited"/>.</summary>
    internal const string Exited = "workload.exited";
}

/// <summary>The error codes of the agent protocol.</summary>
internal static class AgentErrors
{
    /// <summary>The agent has, or had, a workload: it serves one in its life.</summary>
    internal const int AlreadyDeployed = 1;

    /// <summary>No provider of this agent runs that type.</summary>
    internal const int UnsupportedType = 2;

    /// <summary>The artifact is not one that the provider can run; the message says why.</summary>
    internal const int InvalidArtifact = 3;

    /// <summary>The artifact could not be fetched.</summary>
    internal const int ArtifactUnavailable = 4;

    /// <summary>The workload could not be started.</summary>
    internal const int StartFailed = 5;

    /// <summary>The node has no artifact for this agent, or the range lies outside of it.</summary>
    internal const int NoArtifact = 6;
}
