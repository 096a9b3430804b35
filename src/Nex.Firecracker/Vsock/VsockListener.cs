using System.Net.Sockets;
using Nex.Firecracker.Sockets;

namespace Nex.Firecracker.Vsock;

/// <summary>Takes the connections that a guest makes to one port of its host (CID 2). Any thread may call any method.</summary>
public sealed class VsockListener : IDisposable
{
    private const int Backlog = 128;

    private readonly Socket _socket;

    private VsockListener(Socket socket, string path)
    {
        _socket = socket;
        Path = path;
    }

    /// <summary>The Unix socket that it listens on.</summary>
    public string Path { get; }

    /// <summary>Waits for the next connection, which the caller then owns.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">It is, or was meanwhile, disposed of.</exception>
    public async ValueTask<Socket> AcceptAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return await _socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException failure) when (failure.SocketErrorCode is SocketError.OperationAborted or SocketError.Interrupted)
        {
            throw new ObjectDisposedException(typeof(VsockListener).FullName, failure);
        }
    }

    /// <summary>Stops listening and removes the socket's file. Connections that were taken stay.</summary>
    public void Dispose()
    {
        // Removes the file too: it was bound by this very socket.
        _socket.Dispose();
    }

    internal static VsockListener Listen(string path, UnixFileMode mode)
    {
        if (!UnixSocketPath.TryCreate(path, out UnixDomainSocketEndPoint? endPoint, out string? fault))
        {
            throw new VsockException(VsockFailure.InvalidPath, $"The vsock listener '{path}' {fault}.");
        }

        Socket socket = UnixSocketPath.CreateSocket();
        try
        {
            socket.Bind(endPoint);
            // Before it listens nobody can connect, so that the mode holds for everybody.
            File.SetUnixFileMode(path, mode);
            socket.Listen(Backlog);
            return new VsockListener(socket, path);
        }
        catch (Exception failure) when (failure is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw new VsockException(
                VsockFailure.ListenFailed,
                $"The host cannot listen on {path}: {failure.Message.TrimEnd('.')}. See that its directory exists and can be written to, and that nothing is left over under that path.",
                failure);
        }
    }
}
