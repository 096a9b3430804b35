using System.Net.Sockets;
using System.Text;

namespace Nex.Firecracker.Tests.Support;

/// <summary>A connection to the <see cref="ApiServer"/>, which reads requests as strictly as Firecracker does.</summary>
internal sealed class ApiServerConnection(Socket socket)
{
    private const int MaxHeaderLineBytes = 1024;
    private const int MaxBodyBytes = 51_200;

    private readonly List<byte> _received = [];

    /// <returns>Null when the client has closed the connection.</returns>
    /// <exception cref="InvalidDataException">What came is no request that Firecracker reads.</exception>
    internal async Task<ApiRequest?> ReceiveAsync()
    {
        int headLength;
        while ((headLength = FindEndOfHead()) < 0)
        {
            if (!await ReceiveMoreAsync())
            {
                return _received.Count == 0 ? null : throw new InvalidDataException("A request was cut off.");
            }
        }

        string head = Encoding.ASCII.GetString(_received[..headLength].ToArray());
        _received.RemoveRange(0, headLength + 4);
        int bodyLength = CheckHead(head);
        while (_received.Count < bodyLength)
        {
            if (!await ReceiveMoreAsync())
            {
                throw new InvalidDataException("A body was cut off.");
            }
        }

        byte[] body = _received[..bodyLength].ToArray();
        _received.RemoveRange(0, bodyLength);
        return new ApiRequest(head, body);
    }

    internal Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    internal async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None)..];
        }
    }

    internal void Close() => socket.Dispose();

    /// <summary>Waits until the client has closed its end.</summary>
    internal async Task WaitForEndAsync()
    {
        while (await ReceiveMoreAsync())
        {
        }
    }

    private static int CheckHead(string head)
    {
        string[] lines = head.Split("\r\n");
        var request = new ApiRequest(head, []);
        Check(lines.All(line => Encoding.ASCII.GetByteCount(line) <= MaxHeaderLineBytes), "a line of the head is too long", head);
        Check(lines[0].EndsWith(" HTTP/1.1", StringComparison.Ordinal), "it is no HTTP/1.1", head);
        Check(request.Header("Transfer-Encoding") is null, "its body would be ignored, since it comes in chunks", head);
        Check(request.Header("Expect") is null, "it waits for an answer before its body", head);
        int length = request.Header("Content-Length") is { } value ? int.Parse(value) : 0;
        Check(length <= MaxBodyBytes, "its body is too large", head);
        return length;
    }

    private static void Check(bool holds, string fault, string head)
    {
        if (!holds)
        {
            throw new InvalidDataException($"Firecracker would not read this, because {fault}: {head}");
        }
    }

    private int FindEndOfHead()
    {
        for (int index = 0; index + 4 <= _received.Count; index++)
        {
            if (_received[index] == '\r' && _received[index + 1] == '\n' && _received[index + 2] == '\r' && _received[index + 3] == '\n')
            {
                return index;
            }
        }

        return -1;
    }

    private async Task<bool> ReceiveMoreAsync()
    {
        byte[] buffer = new byte[4096];
        int count = await socket.ReceiveAsync(buffer, SocketFlags.None);
        _received.AddRange(buffer[..count]);
        return count > 0;
    }
}
