using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Nex.Chaos.World;

/// <summary>The way of the node to its NATS server: a relay, on which the connection can be cut, slowed down and spoiled.</summary>
internal sealed class NatsWay : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly IPEndPoint _server;
    private readonly ConcurrentDictionary<Socket, Socket> _pairs = new();
    private readonly Task _accepting;
    private long _delay;

    internal NatsWay(int port)
    {
        _server = new IPEndPoint(IPAddress.Loopback, port);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    internal string Url => $"nats://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}";

    /// <summary>How much longer everything takes in each direction.</summary>
    internal TimeSpan Delay
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref _delay));
        set => Interlocked.Exchange(ref _delay, value.Ticks);
    }

    /// <summary>Ends the connections that there are.</summary>
    internal void Cut()
    {
        foreach ((Socket client, Socket server) in _pairs)
        {
            client.Dispose();
            server.Dispose();
        }
    }

    /// <summary>Puts bytes that are no NATS among those to the node.</summary>
    internal void SendNoise(Random dice)
    {
        byte[] noise = new byte[64];
        dice.NextBytes(noise);
        foreach (Socket client in _pairs.Keys)
        {
            try
            {
                _ = client.Send(noise);
            }
            catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
            {
                // It has just ended.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        Cut();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptAsync();
                _ = RelayAsync(client);
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // No more are wanted.
        }
    }

    private async Task RelayAsync(Socket client)
    {
        using (client)
        using (var server = new Socket(_server.AddressFamily, SocketType.Stream, ProtocolType.Tcp))
        {
            try
            {
                client.NoDelay = server.NoDelay = true;
                await server.ConnectAsync(_server);
                _pairs[client] = server;
                _ = await Task.WhenAny(PumpAsync(client, server), PumpAsync(server, client));
            }
            catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
            {
                // As good as an end.
            }

            _ = _pairs.TryRemove(client, out _);
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            int count;
            while ((count = await from.ReceiveAsync(buffer)) > 0)
            {
                if (Delay is { Ticks: > 0 } delay)
                {
                    await Task.Delay(delay, TimeProvider.System);
                }

                for (int sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
                }
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // One of the two has ended, and so does the other.
        }
    }
}
