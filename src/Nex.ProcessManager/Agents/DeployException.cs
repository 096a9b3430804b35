using Nex.Protocol.Agents;

namespace Nex.ProcessManager.Agents;

/// <summary>Why a workload was not started.</summary>
public enum DeployFailure
{
    /// <summary>The agent has, or had, a workload already.</summary>
    AlreadyDeployed,

    /// <summary>The agent cannot run workloads of that type.</summary>
    UnsupportedType,

    /// <summary>The artifact cannot be run here.</summary>
    InvalidArtifact,

    /// <summary>The artifact did not reach the agent, or not as it is.</summary>
    ArtifactUnavailable,

    /// <summary>The program could not be executed.</summary>
    StartFailed,

    /// <summary>The agent ended before the workload had started.</summary>
    AgentLost,
}

/// <summary>A workload was not started. The message says what is wrong with what.</summary>
public sealed class DeployException(DeployFailure failure, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>Why, for a program.</summary>
    public DeployFailure Failure { get; } = failure;

    internal static DeployFailure FromAgent(int code) => code switch
    {
        AgentErrors.AlreadyDeployed => DeployFailure.AlreadyDeployed,
        AgentErrors.UnsupportedType => DeployFailure.UnsupportedType,
        AgentErrors.InvalidArtifact => DeployFailure.InvalidArtifact,
        AgentErrors.ArtifactUnavailable => DeployFailure.ArtifactUnavailable,
        _ => DeployFailure.StartFailed,
    };
}
