using System.Buffers.Text;
using System.Net.Sockets;
using System.Text;
using Nex.Firecracker.Sockets;
using Nex.Firecracker.Waiting;

namespace Nex.Firecracker.Vsock;

/// <summary>The host's side of Firecracker's vsock device, which is a set of Unix sockets. Paths are those that this process sees.</summary>
public static class VsockHost
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // "OK 4294967295" and its newline, which is not kept.
    private const int MaxAnswerBytes = 13;

    /// <summary>The Unix socket on which the host has to listen for a guest that connects to a port of it.</summary>
    /// <param name="udsPath">The path that the device is configured with.</param>
    /// <param name="port">The port.</param>
    public static string ListenerPath(string udsPath, uint port)
    {
        ArgumentException.ThrowIfNullOrEmpty(udsPath);
        return $"{udsPath}_{port}";
    }

    /// <summary>Listens for connections of a guest to a port. They are refused while nobody does, so listen before the guest starts.</summary>
    /// <param name="udsPath">The path that the device is configured with. The device need not exist yet, the directory must.</param>
    /// <param name="port">The port that the guest connects to, on CID 2.</param>
    /// <param name="mode">
    /// Who may connect. By default the user of this process alone, which is too little where Firecracker runs as another: it needs the right to
    /// write.
    /// </param>
    /// <exception cref="VsockException">It cannot listen there.</exception>
    public static VsockListener Listen(string udsPath, uint port, UnixFileMode mode = Private) =>
        VsockListener.Listen(ListenerPath(udsPath, port), mode);

    /// <summary>Connects to a port that somebody in the guest listens on.</summary>
    /// <param name="udsPath">The path that the device is configured with.</param>
    /// <param name="port">The port.</param>
    /// <param name="timeout">How long it may take; more than zero.</param>
    /// <param name="processExited">Completes, in whatever way, when the Firecracker process has ended; null where that is not known.</param>
    /// <param name="timeProvider">What the time is; null for the system's.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The connection, of which nothing has been read that the guest wrote.</returns>
    /// <exception cref="VsockException">It could not connect.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public static async Task<Socket> ConnectAsync(
        string udsPath,
        uint port,
        TimeSpan timeout,
        Task? processExited = null,
        TimeProvider? timeProvider = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(udsPath);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        if (!UnixSocketPath.TryCreate(udsPath, out UnixDomainSocketEndPoint? endPoint, out string? fault))
        {
            throw new VsockException(VsockFailure.InvalidPath, $"The vsock device's socket '{udsPath}' {fault}.");
        }

        using var wait = new BoundedWait(timeout, timeProvider ?? TimeProvider.System, processExited, cancellationToken);
        Socket socket = UnixSocketPath.CreateSocket();
        try
        {
            await ConnectAsync(socket, endPoint, udsPath, wait.Token).ConfigureAwait(false);
            await RequestAsync(socket, udsPath, port, wait.Token).ConfigureAwait(false);
            return socket;
        }
        catch (Exception failure)
        {
            socket.Dispose();
            if (wait.End != WaitEnd.None)
            {
                throw Ended(wait.End, udsPath, port, timeout, failure, cancellationToken);
            }

            throw;
        }
    }

    private static async Task ConnectAsync(Socket socket, UnixDomainSocketEndPoint endPoint, string udsPath, CancellationToken cancellationToken)
    {
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException failure) when (failure.SocketErrorCode == SocketError.ConnectionRefused)
        {
            throw new VsockException(VsockFailure.ProcessGone, $"Nobody listens on the vsock device's socket {udsPath} any more: Firecracker has ended.", failure);
        }
        catch (SocketException failure)
        {
            throw new VsockException(
                VsockFailure.Unreachable,
                $"The vsock device's socket {udsPath} cannot be reached: {failure.Message}. See that the device is configured with that path, and that this user may write to it.",
                failure);
        }
    }

    /// <summary>Asks for the port. The answer is read byte by byte, since what comes right behind it is already the guest's.</summary>
    private static async Task RequestAsync(Socket socket, string udsPath, uint port, CancellationToken cancellationToken)
    {
        byte[] answer = new byte[MaxAnswerBytes];
        int length = 0;
        try
        {
            _ = await socket.SendAsync(Encoding.ASCII.GetBytes($"CONNECT {port}\n"), cancellationToken).ConfigureAwait(false);
            byte[] next = new byte[1];
            while (await socket.ReceiveAsync(next, cancellationToken).ConfigureAwait(false) == 1)
            {
                if (next[0] == '\n' && IsOk(answer.AsSpan(0, length)))
                {
                    return;
                }

                if (next[0] == '\n' || length == answer.Length)
                {
                    throw new VsockException(
                        VsockFailure.InvalidAnswer, $"What {udsPath} answered to a connection to port {port} is no answer of Firecracker: see that the socket is that of its vsock device.");
                }

                answer[length++] = next[0];
            }
        }
        catch (SocketException failure)
        {
            throw NoListener(udsPath, port, failure);
        }

        throw NoListener(udsPath, port, null);
    }

    private static bool IsOk(ReadOnlySpan<byte> answer) =>
        answer.StartsWith("OK "u8) && Utf8Parser.TryParse(answer[3..], out uint _, out int read) && read == answer.Length - 3;

    private static VsockException NoListener(string udsPath, uint port, Exception? inner) => new(
        VsockFailure.NoListener,
        $"The connection to port {port} of the guest behind {udsPath} was closed: nobody in it listens on that port, or its Firecracker has ended.",
        inner);

    private static Exception Ended(WaitEnd end, string udsPath, uint port, TimeSpan timeout, Exception failure, CancellationToken cancellationToken) => end switch
    {
        WaitEnd.Cancelled => new OperationCanceledException($"The connection to port {port} of the guest behind {udsPath} was cancelled.", failure, cancellationToken),
        WaitEnd.ProcessGone => new VsockException(VsockFailure.ProcessGone, $"Firecracker ended before the guest behind {udsPath} took a connection to port {port}. Its exit code and its log say why.", failure),
        _ => new VsockException(VsockFailure.TimedOut, $"The guest behind {udsPath} did not take a connection to port {port} within {timeout.TotalSeconds} s. See that it runs, or allow more time.", failure),
    };
}
