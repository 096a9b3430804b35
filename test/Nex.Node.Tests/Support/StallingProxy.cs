using System.Net;
using System.Net.Sockets;
using System.Text;
using Nex.Testing.Nats;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Support;

/// <summary>Stands between a node and its nats-server, and does to the connection what a network can do without ending it.</summary>
internal sealed class StallingProxy : IAsyncDisposable
{
    private readonly NatsServer _server;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Lock _lock = new();
    private readonly List<(TcpClient Node, TcpClient Server)> _connections = [];
    private readonly MemoryStream _held = new();
    private readonly Task _accepting;
    private TaskCompletionSource? _choked;
    private bool _stalled;

    internal StallingProxy(NatsServer server)
    {
        _server = server;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    internal string Url => $"nats://{_listener.LocalEndpoint}";

    /// <summary>All that is held back, each time that there is more of it.</summary>
    internal Milestones<string> Held { get; } = new();

    /// <summary>What the node sends does not reach the server any more, and the node does not notice.</summary>
    internal void Stall()
    {
        lock (_lock)
        {
            _stalled = true;
        }
    }

    /// <summary>What the node sends is not even taken from it.</summary>
    internal void Choke()
    {
        lock (_lock)
        {
            _choked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>What was held back reaches the server, and so does what comes after it.</summary>
    internal void Release()
    {
        lock (_lock)
        {
            _stalled = false;
            _connections[^1].Server.GetStream().Write(_held.ToArray());
            _held.SetLength(0);
            _choked?.SetResult();
            _choked = null;
        }
    }

    /// <summary>What was held back is lost, and what comes after it reaches the server.</summary>
    internal void Forget()
    {
        lock (_lock)
        {
            _stalled = false;
            _held.SetLength(0);
        }
    }

    /// <summary>The connection ends, and what was held back is lost with it. Another can be made.</summary>
    internal void Break()
    {
        lock (_lock)
        {
            _stalled = false;
            _held.SetLength(0);
            foreach ((TcpClient node, TcpClient server) in _connections)
            {
                node.Dispose();
                server.Dispose();
            }

            _connections.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        Break();
        await _accepting.Within();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient node = await _listener.AcceptTcpClientAsync();
                var server = new TcpClient();
                await server.ConnectAsync(IPAddress.Loopback, _server.Port);
                lock (_lock)
                {
                    _connections.Add((node, server));
                }

                _ = PumpAsync(() => TakeAsync(node, server));
                _ = PumpAsync(() => server.GetStream().CopyToAsync(node.GetStream()));
            }
        }
        catch (SocketException)
        {
            // It does not listen any more.
        }
    }

    private async Task TakeAsync(TcpClient node, TcpClient server)
    {
        byte[] buffer = new byte[64 * 1024];
        int count;
        while ((count = await node.GetStream().ReadAsync(buffer)) > 0)
        {
            Pass(server, buffer.AsSpan(0, count));
            await (_choked?.Task ?? Task.CompletedTask);
        }
    }

    private void Pass(TcpClient server, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (_stalled)
            {
                _held.Write(bytes);
                Held.Add(Encoding.UTF8.GetString(_held.ToArray()));
            }
            else
            {
                server.GetStream().Write(bytes);
            }
        }
    }

    private static async Task PumpAsync(Func<Task> pump)
    {
        try
        {
            await pump();
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // One of the two sides has ended.
        }
    }
}
