using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Nex.Linux.Sockets;
using Nex.Protocol.JsonRpc;

namespace Nex.ProcessManager.Launchers.Spawning;

/// <summary>The node's end of a socket pair, which can carry open files.</summary>
internal sealed class UnixSocketLink : Link
{
    private readonly Socket _socket;

    /// <summary>Takes over the descriptor.</summary>
    /// <param name="carriesHandles">False where the other end is no process of this host that takes them.</param>
    internal UnixSocketLink(SafeFileHandle descriptor, bool carriesHandles = true)
    {
        CarriesHandles = carriesHandles;
        _socket = new Socket(new SafeSocketHandle(descriptor.DangerousGetHandle(), ownsHandle: true));
        descriptor.SetHandleAsInvalid();
    }

    /// <summary>Takes over a socket that is connected.</summary>
    internal UnixSocketLink(Socket socket, bool carriesHandles)
    {
        CarriesHandles = carriesHandles;
        _socket = socket;
    }

    internal override bool CarriesHandles { get; }

    internal override async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await _socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException failure)
        {
            // The other end was closed with something unread in it: an end like any other.
            return failure.SocketErrorCode == SocketError.ConnectionReset ? 0 : throw new IOException(failure.Message, failure);
        }
    }

    internal override async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> bytes, SafeHandle? handle, CancellationToken cancellationToken)
    {
        if (handle is not null)
        {
            // The handle travels with the first byte. When not even that fits now, the agent is behind, and can do without the handle.
            if (SocketMessage.TrySend(_socket.SafeHandle, bytes.Span, handle) is not { } sent)
            {
                return false;
            }

            bytes = bytes[sent..];
        }

        try
        {
            while (bytes.Length > 0)
            {
                bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None, cancellationToken).ConfigureAwait(false)..];
            }

            return true;
        }
        catch (SocketException failure)
        {
            throw new IOException(failure.Message, failure);
        }
    }

    /// <summary>From now on nothing more is received than what has been sent already; behind that is the end.</summary>
    internal void EndReading()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Receive);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // The other end is gone, or this one, and that is the end.
        }
    }

    public override ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
