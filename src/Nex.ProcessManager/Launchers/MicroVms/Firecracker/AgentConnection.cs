using System.Net.Sockets;
using Nex.Firecracker.Vsock;
using Nex.ProcessManager.Launchers.Spawning;

namespace Nex.ProcessManager.Launchers.MicroVms.Firecracker;

/// <summary>Takes the one connection of an agent.</summary>
internal static class AgentConnection
{
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;
    private const int CredentialsBytes = 12;

    /// <summary>Waits for the guest of a process of Firecracker. Whoever else has come to the socket is turned away.</summary>
    /// <exception cref="IOException">The process ended first.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    internal static async Task<UnixSocketLink> AcceptAsync(VsockListener listener, int processId, Task exited, CancellationToken cancellationToken)
    {
        while (true)
        {
            Socket socket = await AcceptAnyAsync(listener, exited, cancellationToken).ConfigureAwait(false);
            if (PeerOf(socket) == processId)
            {
                return new UnixSocketLink(socket, carriesHandles: false);
            }

            socket.Dispose();
        }
    }

    private static async Task<Socket> AcceptAnyAsync(VsockListener listener, Task exited, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<Socket> accepting = listener.AcceptAsync(over.Token).AsTask();
        await Task.WhenAny(accepting, exited).ConfigureAwait(false);
        if (!accepting.IsCompleted)
        {
            await over.CancelAsync().ConfigureAwait(false);
        }

        try
        {
            return await accepting.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException("The machine ended before its agent was up.");
        }
    }

    /// <summary>The process at the other end, as the kernel knows it.</summary>
    private static int PeerOf(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[CredentialsBytes];
        socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials);
        return BitConverter.ToInt32(credentials);
    }
}
