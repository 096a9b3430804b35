using Nex.Firecracker.Recording;

namespace Nex.Firecracker;

/// <summary>How a client talks to Firecracker. Immutable; checked when a client is created.</summary>
public sealed record FirecrackerClientOptions
{
    /// <summary>The most connections that Firecracker serves at a time: 10.</summary>
    public const int MaxServedConnections = 10;

    /// <summary>How long a call may take, from the wait for a free connection to the whole answer. 5 seconds by default.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The same for calls that write or read the memory of a guest: creating and loading a snapshot. 60 seconds by default.</summary>
    public TimeSpan SnapshotTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How many connections the client has at most, 1 to <see cref="MaxServedConnections"/>; calls beyond that wait for one. 4 by default:
    /// Firecracker does one thing at a time in any case, and others may want to connect too.
    /// </summary>
    public int MaxConnections { get; init; } = 4;

    /// <summary>
    /// The largest body that is sent, in bytes. 51,200 by default, which is what Firecracker accepts without <c>--http-api-max-payload-size</c>.
    /// </summary>
    public int MaxRequestBytes { get; init; } = 51_200;

    /// <summary>
    /// Completes, in whatever way, when the Firecracker process has ended: every call that waits then fails at once. By default the client
    /// learns of it by its connections alone.
    /// </summary>
    public Task? ProcessExited { get; init; }

    /// <summary>
    /// Takes every call with its answer, such as <see cref="JsonLinesRecorder.Record"/>; from any thread, several at once. What it throws, the
    /// call throws. It gets what is configured as it is, metadata included.
    /// </summary>
    public Action<ApiExchange>? Recorder { get; init; }

    /// <summary>What the time is. The system's by default.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    internal void ThrowIfInvalid()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Timeout, TimeSpan.Zero, nameof(Timeout));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(SnapshotTimeout, TimeSpan.Zero, nameof(SnapshotTimeout));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxConnections, 1, nameof(MaxConnections));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxConnections, MaxServedConnections, nameof(MaxConnections));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRequestBytes, 1, nameof(MaxRequestBytes));
        ArgumentNullException.ThrowIfNull(TimeProvider);
    }
}
