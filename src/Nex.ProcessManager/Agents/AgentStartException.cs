namespace Nex.ProcessManager.Agents;

/// <summary>Why an agent did not become warm.</summary>
internal enum AgentStartFailure
{
    /// <summary>The process could not be started: the binary is missing or not executable, or the host lacks something.</summary>
    NotStarted,

    /// <summary>The process ended before it said hello.</summary>
    Exited,

    /// <summary>It was not launched, did not say hello, or was not put in place in time.</summary>
    StartTimeout,

    /// <summary>What it said is not the agent protocol, or another version of it.</summary>
    ProtocolViolation,

    /// <summary>It said that it was another agent.</summary>
    IdentityMismatch,

    /// <summary>Somebody else killed the process before it said hello: a person, or the kernel for want of memory.</summary>
    Killed,

    /// <summary>The hypervisor of its machine runs, and did not do what it was told.</summary>
    HypervisorFailed,

    /// <summary>The start was given up because the agent is not needed any more.</summary>
    Cancelled,
}

internal sealed class AgentStartException(AgentStartFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    internal AgentStartFailure Failure { get; } = failure;
}
