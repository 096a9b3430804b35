using System.Net;
using System.Net.Sockets;
using System.Text;
using Nex.Testing.Nats;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Support;

/// <summary>A client of NATS by hand, which sends what no library would.</summary>
internal sealed class RawClient : IAsyncDisposable
{
    private readonly TcpClient _connection;
    private readonly StreamReader _reader;
    private readonly Task _reading;

    private RawClient(TcpClient connection)
    {
        _connection = connection;
        _reader = new StreamReader(connection.GetStream(), Encoding.Latin1);
        _reading = ReadAsync();
    }

    /// <summary>The subjects of the messages that came.</summary>
    internal Milestones<string> Messages { get; } = new();

    /// <summary>What the server complained about.</summary>
    internal Milestones<string> Errors { get; } = new();

    internal static async Task<RawClient> ConnectAsync(NatsServer server, string inbox)
    {
        var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, server.Port).Within();
        var client = new RawClient(connection);
        await client.SendAsync(Encoding.ASCII.GetBytes($"CONNECT {{\"verbose\":false,\"headers\":true}}\r\nSUB {inbox} 1\r\n"));
        return client;
    }

    /// <summary>Publishes with a block of headers of which nothing need be right but its length.</summary>
    internal Task PublishAsync(string subject, string replyTo, byte[] headers, byte[] payload) => SendAsync(
    [
        .. Encoding.ASCII.GetBytes($"HPUB {subject} {replyTo} {headers.Length} {headers.Length + payload.Length}\r\n"),
        .. headers,
        .. payload,
        .. "\r\n"u8,
    ]);

    public async ValueTask DisposeAsync()
    {
        _connection.Dispose();
        await _reading.Within();
    }

    private Task SendAsync(byte[] bytes) => _connection.GetStream().WriteAsync(bytes).Within();

    private async Task ReadAsync()
    {
        try
        {
            while (await _reader.ReadLineAsync() is { } line)
            {
                string[] words = line.Split(' ');
                if (words is ["MSG", var subject, _, var bytes])
                {
                    char[] payload = new char[int.Parse(bytes) + 2];
                    _ = await _reader.ReadBlockAsync(payload);
                    Messages.Add(subject);
                }
                else if (words is ["PING"])
                {
                    await SendAsync("PONG\r\n"u8.ToArray());
                }
                else if (words is ["-ERR", ..])
                {
                    Errors.Add(line);
                }
            }
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            // The connection has ended.
        }
    }
}
