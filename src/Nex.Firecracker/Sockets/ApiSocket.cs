using System.Net.Sockets;
using Nex.Firecracker.Waiting;

namespace Nex.Firecracker.Sockets;

/// <summary>The Unix socket of Firecracker's API.</summary>
public static class ApiSocket
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Waits until the API of a process that has been started takes connections. Firecracker does not say so; its socket appears. The directories
    /// above it need not exist yet, such as those that the jailer makes.
    /// </summary>
    /// <param name="path">The socket, as an absolute path that this process sees; at most 107 bytes. It must not be there before the process starts.</param>
    /// <param name="processExited">Completes, in whatever way, when the process has ended.</param>
    /// <param name="timeout">How long to wait; more than zero.</param>
    /// <param name="timeProvider">What the time is; null for the system's.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="FirecrackerException">
    /// <see cref="FirecrackerFailure.ProcessGone"/>: the process ended first, <see cref="FirecrackerFailure.TimedOut"/>: there was no socket in
    /// time, <see cref="FirecrackerFailure.Unreachable"/>: it is there, and this process may not connect to it, or may not watch its directory.
    /// </exception>
    /// <exception cref="ArgumentException">The path can be no socket's, or the timeout is not more than zero.</exception>
    public static async Task WaitAsync(
        string path, Task processExited, TimeSpan timeout, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(processExited);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        if (!UnixSocketPath.TryCreate(path, out UnixDomainSocketEndPoint? endPoint, out string? fault))
        {
            throw new ArgumentException($"The API socket '{path}' {fault}.", nameof(path));
        }

        timeProvider ??= TimeProvider.System;
        bool refused = false;
        using var wait = new BoundedWait(timeout, timeProvider, processExited, cancellationToken);
        try
        {
            for (TimeSpan retry = FirstRetry; ; retry = TimeSpan.FromTicks(Math.Min(2 * retry.Ticks, LongestRetry.Ticks)))
            {
                await PathWatch.WaitAsync(path, wait.Token).ConfigureAwait(false);
                if (await TryConnectAsync(endPoint, wait.Token).ConfigureAwait(false))
                {
                    return;
                }

                // The file appears when the socket is bound. It takes connections from the next call of the process on, which nothing tells of:
                // that moment is the one thing that has to be tried for. Otherwise the file was there before, and the process is about to fail.
                refused = true;
                await Task.Delay(retry, timeProvider, wait.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException failure)
        {
            throw wait.End switch
            {
                WaitEnd.Cancelled => new OperationCanceledException($"The wait for the API socket {path} was cancelled.", failure, cancellationToken),
                WaitEnd.ProcessGone => ProcessGone(path, refused),
                _ => Failed(FirecrackerFailure.TimedOut, path, $"Firecracker's API did not come up on {path} within {timeout.TotalSeconds} s. See its log, end it, or allow more time."),
            };
        }
        catch (Exception failure) when (failure is SocketException or IOException or UnauthorizedAccessException)
        {
            throw Failed(FirecrackerFailure.Unreachable, path, $"The API socket {path} cannot be waited for: {failure.Message} See that this user may reach its directory and write to it.", failure);
        }
    }

    private static async Task<bool> TryConnectAsync(UnixDomainSocketEndPoint endPoint, CancellationToken cancellationToken)
    {
        using Socket socket = UnixSocketPath.CreateSocket();
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (SocketException failure) when (failure.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AddressNotAvailable)
        {
            // It does not listen, or is not there any more.
            return false;
        }
    }

    private static FirecrackerException ProcessGone(string path, bool refused)
    {
        string hint = refused
            ? "A socket was there that took no connections: if an earlier process has left it behind, Firecracker does not start; remove it first."
            : "Its exit code and its log say why.";
        return Failed(FirecrackerFailure.ProcessGone, path, $"Firecracker ended before its API came up on {path}. {hint}");
    }

    private static FirecrackerException Failed(FirecrackerFailure failure, string path, string message, Exception? inner = null) =>
        new(failure, message, inner) { SocketPath = path };
}
