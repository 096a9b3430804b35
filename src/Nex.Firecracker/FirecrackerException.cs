namespace Nex.Firecracker;

/// <summary>Why Firecracker did not do what it was asked.</summary>
public enum FirecrackerFailure
{
    /// <summary>It refused. <see cref="FirecrackerException.FaultMessage"/> says why.</summary>
    Refused,

    /// <summary>It serves no more connections: it has 10, or as many wait to be accepted as can.</summary>
    TooManyConnections,

    /// <summary>It did not answer in time. Whether it did what it was asked is not known.</summary>
    TimedOut,

    /// <summary>Its process has ended, or closed the connection before it answered, which it does when it ends.</summary>
    ProcessGone,

    /// <summary>Its socket does not exist, or this process may not connect to it.</summary>
    Unreachable,

    /// <summary>What came back was no answer of Firecracker, or too large to be one.</summary>
    InvalidAnswer,

    /// <summary>What was to be sent is nothing that Firecracker could accept. Nothing was sent.</summary>
    InvalidRequest,
}

/// <summary>Firecracker did not do what it was asked. The message says what that was, of which process by its socket, and what to do.</summary>
public sealed class FirecrackerException(FirecrackerFailure failure, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>Why, for a program.</summary>
    public FirecrackerFailure Failure { get; } = failure;

    /// <summary>The API's socket; null where there is none.</summary>
    public string? SocketPath { get; init; }

    /// <summary>The method and path of the call, such as <c>PUT /actions</c>; null where there was none.</summary>
    public string? Call { get; init; }

    /// <summary>The status of the answer; null where there was none.</summary>
    public int? Status { get; init; }

    /// <summary>What Firecracker said of the reason, as it came: not for a terminal or a log as it is. Null where it said nothing.</summary>
    public string? FaultMessage { get; init; }
}
