namespace Nex.ProcessManager;

/// <summary>Why an agent ended.</summary>
public enum AgentExitCause
{
    /// <summary>Somebody asked for it by its id.</summary>
    Stopped,

    /// <summary>The process manager was stopped.</summary>
    ManagerStopped,

    /// <summary>It was warm when the pool entered lame duck.</summary>
    LameDuck,

    /// <summary>Its process ended without being asked.</summary>
    ProcessExited,

    /// <summary>It closed its link, or the link broke, while its process went on.</summary>
    LinkLost,

    /// <summary>It sent what is no message of the agent protocol.</summary>
    ProtocolViolation,

    /// <summary>It did not answer a ping in time.</summary>
    Unresponsive,

    /// <summary>The limits of a request could not be applied to it.</summary>
    LimitsFailed,

    /// <summary>It never became warm.</summary>
    StartFailed,

    /// <summary>It was started for a caller who waited no longer when it could have become warm, and the pool was full.</summary>
    NotNeeded,
}

/// <summary>How an agent ended.</summary>
public sealed record AgentExit
{
    /// <summary>The id of the agent.</summary>
    public required string Id { get; init; }

    /// <summary>Why.</summary>
    public required AgentExitCause Cause { get; init; }

    /// <summary>The exit code of its process, or null when a signal ended it.</summary>
    public int? Code { get; init; }

    /// <summary>The signal that ended its process, or null.</summary>
    public int? Signal { get; init; }

    /// <summary>Whether it had to be killed: it did not end by itself when its link was closed.</summary>
    public bool Killed { get; init; }

    /// <summary>One sentence for a person.</summary>
    public required string Detail { get; init; }
}
