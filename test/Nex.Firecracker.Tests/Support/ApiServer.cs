using System.Net.Sockets;
using Nex.Testing.Waiting;

namespace Nex.Firecracker.Tests.Support;

/// <summary>
/// The other end of the API's socket: as strict as Firecracker's own server, and with answers that the test chooses. It has ten places for
/// connections; who comes in addition is told so and closed without being read.
/// </summary>
internal sealed class ApiServer : IAsyncDisposable
{
    internal const string NoContent = "HTTP/1.1 204 \r\nServer: Firecracker API\r\nConnection: keep-alive\r\n\r\n";

    private const int Places = 10;

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Lock _lock = new();
    private readonly List<ApiServerConnection> _open = [];
    private readonly List<Task> _serving = [];
    private readonly Task _accepting;

    internal ApiServer(string path)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(128);
        _accepting = AcceptAsync();
    }

    /// <summary>What to do with a request. By default it is carried out, with nothing to say about it.</summary>
    internal Func<ApiRequest, ApiServerConnection, Task> OnRequest { get; set; } = static (_, connection) => connection.SendAsync(NoContent);

    /// <summary>Whether connections are turned away as if all places were taken.</summary>
    internal bool IsFull { get; set; }

    internal Milestones<ApiRequest> Requests { get; } = new();

    internal Milestones<ApiServerConnection> Connections { get; } = new();

    /// <summary>How a connection ended, in the order in which they did.</summary>
    internal Milestones<string> Ends { get; } = new();

    /// <summary>The most connections that were open at the same time.</summary>
    internal int MostConnections { get; private set; }

    internal void Answer(int status, string body) => OnRequest = (_, connection) => connection.SendAsync(Message(status, body));

    internal static string Message(int status, string body) =>
        $"HTTP/1.1 {status} \r\nServer: Firecracker API\r\nConnection: keep-alive\r\nContent-Type: application/json\r\nContent-Length: {System.Text.Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting.Within();
        List<Task> serving;
        lock (_lock)
        {
            _open.ForEach(connection => connection.Close());
            serving = [.. _serving];
        }

        await Task.WhenAll(serving).Within();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync();
            }
            catch (SocketException)
            {
                return;
            }
            catch (ObjectDisposedException)
            {
                return;
            }

            lock (_lock)
            {
                _serving.Add(ServeAsync(new ApiServerConnection(socket)));
            }
        }
    }

    private async Task ServeAsync(ApiServerConnection connection)
    {
        bool hasPlace;
        lock (_lock)
        {
            hasPlace = !IsFull && _open.Count < Places;
            if (hasPlace)
            {
                _open.Add(connection);
                MostConnections = Math.Max(MostConnections, _open.Count);
            }
        }

        Connections.Add(connection);
        string end = "closed by the server";
        try
        {
            if (!hasPlace)
            {
                await connection.SendAsync(Message(503, """{ "fault_message": "Too many open connections" }"""));
                return;
            }

            while (await connection.ReceiveAsync() is { } request)
            {
                Requests.Add(request);
                await OnRequest(request, connection);
            }

            end = "closed by the client";
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException or InvalidDataException)
        {
            end = failure.Message;
        }
        finally
        {
            connection.Close();
            lock (_lock)
            {
                _ = _open.Remove(connection);
            }

            Ends.Add(end);
        }
    }
}
