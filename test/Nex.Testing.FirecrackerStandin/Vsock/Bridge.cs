using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace Nex.Testing.FirecrackerStandin.Vsock;

/// <summary>
/// The host's end of the port to the guest (the other is in ../Guest): carries all connections between the guest and the host's Unix
/// sockets. What waits to be sent is bounded by the windows of the connections.
/// </summary>
internal sealed class Bridge
{
    /// <summary>Set in the ids of connections that the guest opened.</summary>
    private const uint FromGuest = 0x8000_0000;

    /// <summary>Firecracker's first port for connections of the host.</summary>
    private const uint FirstHostPort = 0x4000_0000;

    private readonly Socket _port;
    private readonly VsockListener? _listener;
    private readonly HostPorts? _ports;
    private readonly ushort _epoch;
    private readonly Channel<byte[]> _outgoing = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock _lock = new();
    private readonly Dictionary<uint, BridgeConnection> _connections = [];
    private uint _lastId;
    private bool _hasBegun;

    /// <param name="port">Connected to the guest's port.</param>
    /// <param name="listener">Null where the machine has no vsock device: then nobody gets through.</param>
    /// <param name="epoch">0 for a machine that starts; for a copy, not that of the machine that it is a copy of.</param>
    internal Bridge(Socket port, VsockListener? listener, ushort epoch)
    {
        _port = port;
        _listener = listener;
        _ports = listener is null ? null : new HostPorts(listener.Device, TellPorts);
        _epoch = epoch;
    }

    internal PauseGate Gate { get; } = new();

    /// <summary>Begins to carry.</summary>
    internal void Start()
    {
        if (_listener is null || _ports is null)
        {
            TellPorts([]);
        }
        else
        {
            _ports.Start();
            _ = AcceptAsync(_listener);
        }

        _ = WriteAsync();
        _ = ReadAsync();
    }

    internal void Send(FrameType type, uint connection, byte[]? payload = null) =>
        _outgoing.Writer.TryWrite(new Frame(type, _epoch, connection, payload ?? []).Encode());

    internal void Forget(BridgeConnection connection)
    {
        lock (_lock)
        {
            _ = _connections.Remove(connection.Id);
        }
    }

    /// <summary>The guest of a copy is first told that all its connections are gone: it dials again at once.</summary>
    private void TellPorts(IReadOnlyList<uint> ports)
    {
        FrameType type = _epoch != 0 && !_hasBegun ? FrameType.Epoch : FrameType.Ports;
        _hasBegun = true;
        Send(type, 0, Frame.NumberPayload(ports));
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach (byte[] frame in _outgoing.Reader.ReadAllAsync().ConfigureAwait(false))
            {
                for (int sent = 0; sent < frame.Length;)
                {
                    sent += await _port.SendAsync(frame.AsMemory(sent), SocketFlags.None).ConfigureAwait(false);
                }
            }
        }
        catch (SocketException)
        {
            // QEMU has ended, and this process ends with it.
        }
    }

    private async Task ReadAsync()
    {
        var decoder = new Frame.Decoder();
        byte[] buffer = new byte[65_536];
        try
        {
            int count;
            while ((count = await _port.ReceiveAsync(buffer, SocketFlags.None).ConfigureAwait(false)) > 0)
            {
                await Gate.PassAsync().ConfigureAwait(false);
                foreach (Frame frame in decoder.Take(buffer.AsSpan(0, count)))
                {
                    if (frame.Epoch == _epoch)
                    {
                        Take(frame);
                    }
                }
            }
        }
        catch (SocketException)
        {
            // As above.
        }
    }

    private void Take(Frame frame)
    {
        if (frame.Type == FrameType.Open && (frame.Connection & FromGuest) != 0)
        {
            OpenToHost(frame);
            return;
        }

        BridgeConnection? connection;
        lock (_lock)
        {
            connection = _connections.GetValueOrDefault(frame.Connection);
        }

        connection?.Take(frame);
    }

    private void OpenToHost(Frame frame)
    {
        if (_listener?.TryConnectToHost(frame.Number) is not { } socket)
        {
            Send(FrameType.Reset, frame.Connection);
            return;
        }

        BridgeConnection connection = Add(socket, frame.Connection);
        Send(FrameType.Opened, frame.Connection);
        _ = connection.RunAsync();
    }

    private BridgeConnection Add(Socket socket, uint? id)
    {
        lock (_lock)
        {
            var connection = new BridgeConnection(this, id ?? (++_lastId & ~FromGuest), socket);
            _connections[connection.Id] = connection;
            return connection;
        }
    }

    private async Task AcceptAsync(VsockListener listener)
    {
        while (true)
        {
            await Gate.PassAsync().ConfigureAwait(false);
            _ = OpenToGuestAsync(await listener.AcceptAsync().ConfigureAwait(false));
        }
    }

    private async Task OpenToGuestAsync(Socket socket)
    {
        BridgeConnection? connection = null;
        try
        {
            if (await VsockListener.ReadRequestAsync(socket).ConfigureAwait(false) is { } port)
            {
                await Gate.PassAsync().ConfigureAwait(false);
                connection = Add(socket, id: null);
                Send(FrameType.Open, connection.Id, Frame.NumberPayload(port));
                await connection.Opened.ConfigureAwait(false);
                _ = await socket.SendAsync(Encoding.ASCII.GetBytes($"OK {FirstHostPort + connection.Id}\n")).ConfigureAwait(false);
                _ = connection.RunAsync();
                return;
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // Nobody listens there, or the client has gone.
        }

        if (connection is not null)
        {
            Forget(connection);
            Send(FrameType.Reset, connection.Id);
        }

        socket.Dispose();
    }
}
