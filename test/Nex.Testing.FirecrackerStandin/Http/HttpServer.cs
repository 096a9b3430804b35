using System.Net.Sockets;
using Nex.Testing.FirecrackerStandin.Api;

namespace Nex.Testing.FirecrackerStandin.Http;

/// <summary>
/// Serves one handler on a Unix socket, a request at a time over all connections. The file of the socket stays when this process ends, as
/// Firecracker's does: whoever started it removes it.
/// </summary>
internal sealed class HttpServer(int maxPayloadSize, Func<HttpRequest, Task<HttpResponse>> handleAsync)
{
    private const int MaxConnections = 10;

    private readonly SemaphoreSlim _oneAtATime = new(1);
    private int _connections;

    /// <summary>Creates the socket, and then serves until the process ends.</summary>
    /// <exception cref="SocketException">It cannot be created, as where its file exists.</exception>
    internal void Start(string path)
    {
        // The first use of these calls takes milliseconds, in which a client that waits for the file would be refused. So they are
        // first used on a socket without a file.
        Bind($"\0firecracker-standin-{Environment.ProcessId}").Dispose();
        _ = AcceptAsync(Bind(path));
    }

    private static Socket Bind(string path)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        return listener;
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            Socket socket = await listener.AcceptAsync().ConfigureAwait(false);
            _ = Interlocked.Increment(ref _connections) <= MaxConnections ? ServeAsync(socket) : RefuseAsync(socket);
        }
    }

    private async Task RefuseAsync(Socket socket)
    {
        try
        {
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            await SendAsync(stream, HttpResponse.Text(503, Faults.TooManyConnections) with { Closes = true }).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The client has gone already.
        }
        finally
        {
            _ = Interlocked.Decrement(ref _connections);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            var reader = new HttpReader(stream, maxPayloadSize, response => SendAsync(stream, response));
            while (await AnswerNextAsync(reader).ConfigureAwait(false) is { } response)
            {
                await SendAsync(stream, response).ConfigureAwait(false);
            }
        }
        catch (IOException)
        {
            // The client ended the connection within a request or an answer.
        }
        finally
        {
            _ = Interlocked.Decrement(ref _connections);
        }
    }

    /// <summary>Null where the client has ended the connection.</summary>
    private async Task<HttpResponse?> AnswerNextAsync(HttpReader reader)
    {
        HttpRequest? request;
        try
        {
            request = await reader.ReadAsync().ConfigureAwait(false);
        }
        catch (HttpException failure)
        {
            return HttpResponse.Text(400, Faults.Http(failure.Message));
        }

        if (request is null)
        {
            return null;
        }

        await _oneAtATime.WaitAsync().ConfigureAwait(false);
        try
        {
            return await handleAsync(request).ConfigureAwait(false);
        }
        finally
        {
            _ = _oneAtATime.Release();
        }
    }

    private static async Task SendAsync(NetworkStream stream, HttpResponse response)
    {
        await stream.WriteAsync(response.ToBytes()).ConfigureAwait(false);
        response.AfterSent?.Invoke();
    }
}
