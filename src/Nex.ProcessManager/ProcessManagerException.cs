namespace Nex.ProcessManager;

/// <summary>Why a process manager did not do what it was asked.</summary>
public enum ProcessManagerError
{
    /// <summary>There is no agent of that id, or there is none any more.</summary>
    UnknownId,

    /// <summary>The agent of that id is not warm: it still starts, has a workload, or is being stopped.</summary>
    NotWarm,

    /// <summary>The agent of that id has no deploy request yet.</summary>
    NotPrepared,

    /// <summary>The pool takes no new workloads.</summary>
    LameDuck,

    /// <summary>The manager is being stopped, or has been.</summary>
    Stopping,

    /// <summary>The manager has not been started.</summary>
    NotStarted,

    /// <summary>The manager has been started already.</summary>
    AlreadyStarted,

    /// <summary>The host cannot give the configured sandbox.</summary>
    SandboxUnavailable,

    /// <summary>No agent could be started.</summary>
    StartFailed,

    /// <summary>The host cannot apply the limits of the request.</summary>
    LimitsUnavailable,

    /// <summary>The artifact has no room in the machines of agents.</summary>
    ArtifactTooLarge,
}

/// <summary>A process manager did not do what it was asked. The message says what to do about it.</summary>
public sealed class ProcessManagerException(ProcessManagerError error, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>Why, for a program.</summary>
    public ProcessManagerError Error { get; } = error;
}
