namespace Nex.Firecracker.Vsock;

/// <summary>Why host and guest did not come together.</summary>
public enum VsockFailure
{
    /// <summary>The socket's path, the port included, is longer than a Unix socket's can be, or no absolute path.</summary>
    InvalidPath,

    /// <summary>The host could not listen: something is there under the path, or its directory is not, or cannot be written to.</summary>
    ListenFailed,

    /// <summary>The socket of the device does not exist, or this process may not connect to it.</summary>
    Unreachable,

    /// <summary>Nobody in the guest listens on the port.</summary>
    NoListener,

    /// <summary>The guest did not take the connection in time.</summary>
    TimedOut,

    /// <summary>The Firecracker process has ended.</summary>
    ProcessGone,

    /// <summary>What came back was no answer of Firecracker.</summary>
    InvalidAnswer,
}

/// <summary>Host and guest did not come together. The message says what to do about it.</summary>
public sealed class VsockException(VsockFailure failure, string message, Exception? innerException = null)
    : IOException(message, innerException)
{
    /// <summary>Why, for a program.</summary>
    public VsockFailure Failure { get; } = failure;
}
