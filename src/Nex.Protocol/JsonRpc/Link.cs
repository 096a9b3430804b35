using System.Runtime.InteropServices;

namespace Nex.Protocol.JsonRpc;

/// <summary>The byte stream between a node and one agent. One reader and one writer at a time.</summary>
internal abstract class Link : IAsyncDisposable
{
    /// <summary>Whether an open file can be sent along with a frame.</summary>
    internal virtual bool CarriesHandles => false;

    /// <summary>Receives what is there, waiting for at least one byte. With an empty buffer it only waits.</summary>
    /// <returns>The bytes received; zero at the end, and for an empty buffer.</returns>
    /// <exception cref="IOException">The stream broke.</exception>
    internal abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Sends all bytes, and the handle with the first of them.</summary>
    /// <returns>False when nothing was sent because the handle could not travel now; the caller may send something else instead.</returns>
    /// <exception cref="IOException">The stream broke.</exception>
    internal abstract ValueTask<bool> SendAsync(ReadOnlyMemory<byte> bytes, SafeHandle? handle, CancellationToken cancellationToken);

    /// <summary>Ends the stream in both directions; a receive that waits ends.</summary>
    public abstract ValueTask DisposeAsync();
}
