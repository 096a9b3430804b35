namespace Nex.Protocol.JsonRpc;

/// <summary>Why a link ended, or must be ended.</summary>
internal enum LinkFault
{
    /// <summary>The other side closed it, or has ended.</summary>
    Closed,

    /// <summary>The transport failed.</summary>
    Broken,

    /// <summary>A frame was longer than is allowed.</summary>
    OversizedFrame,

    /// <summary>The link ended in the middle of a frame.</summary>
    TruncatedFrame,

    /// <summary>A frame was no JSON-RPC 2.0 message, or its parameters were not those of its method.</summary>
    MalformedFrame,
}

/// <summary>A link has ended: the reason, for a program and for a person.</summary>
internal sealed class LinkException(LinkFault fault, string message, Exception? inner = null) : IOException(message, inner)
{
    internal LinkFault Fault { get; } = fault;

    /// <summary>Whether the other side has sent what is no message: it may go on for ever.</summary>
    internal bool IsViolation => Fault is LinkFault.MalformedFrame or LinkFault.OversizedFrame;
}
