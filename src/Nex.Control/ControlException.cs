namespace Nex.Control;

/// <summary>Why a request of the control API has failed.</summary>
public enum ControlFault
{
    /// <summary>The node refuses it; the message is the node's.</summary>
    Refused,

    /// <summary>No node is there to answer.</summary>
    NoResponders,

    /// <summary>No answer came in time.</summary>
    Timeout,

    /// <summary>What came is no answer of the control API.</summary>
    UnreadableAnswer,

    /// <summary>NATS cannot be reached, or refuses this user.</summary>
    Unavailable,
}

/// <summary>A request of the control API has failed.</summary>
public sealed class ControlException : Exception
{
    /// <summary>Makes the exception.</summary>
    public ControlException(ControlFault fault, string message, Exception? inner = null)
        : base(message, inner) => Fault = fault;

    /// <summary>Why.</summary>
    public ControlFault Fault { get; }
}
