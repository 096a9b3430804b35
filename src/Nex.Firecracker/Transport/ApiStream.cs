using System.Net.Sockets;

namespace Nex.Firecracker.Transport;

/// <summary>
/// A connection to Firecracker. When it has no place for a connection, Firecracker answers and closes without reading, so that sending fails
/// although there is an answer. A send that the other side does not take is therefore no failure here: what can be read decides, be it an
/// answer or the end.
/// </summary>
internal sealed class ApiStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
{
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await base.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException failure) when (IsClosedByPeer(failure))
        {
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Whether the other side has closed its end, with or without having read all that was sent.</summary>
    internal static bool IsClosedByPeer(Exception failure) => failure.InnerException is SocketException
    {
        SocketErrorCode: SocketError.Shutdown or SocketError.ConnectionReset or SocketError.ConnectionAborted,
    };
}
