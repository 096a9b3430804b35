using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Nex.Firecracker.Recording;
using Nex.Testing.Waiting;

namespace Nex.Testing.FirecrackerStandin.Tests.Support;

/// <summary>An answer of the API.</summary>
internal sealed record ApiAnswer(int Status, string Head, string Body)
{
    internal JsonNode Json => JsonNode.Parse(Body)!;

    /// <summary>Why it was refused.</summary>
    internal string Fault => Json["fault_message"]!.GetValue<string>();
}

/// <summary>Speaks to the API byte by byte, each time on a connection of its own.</summary>
/// <param name="recorder">Takes what is sent as a request, and its answer; not what is sent as mere text. Null for none.</param>
internal sealed class ApiClient(string path, JsonLinesRecorder? recorder = null)
{
    internal Task<ApiAnswer> GetAsync(string uri) => SendAsync("GET", uri, null);

    internal Task<ApiAnswer> PutAsync(string uri, string? body) => SendAsync("PUT", uri, body);

    internal Task<ApiAnswer> PatchAsync(string uri, string? body) => SendAsync("PATCH", uri, body);

    /// <summary>Puts what must be accepted.</summary>
    internal async Task MustPutAsync(string uri, string body) => Accepted(uri, await PutAsync(uri, body));

    /// <summary>Patches what must be accepted.</summary>
    internal async Task MustPatchAsync(string uri, string body) => Accepted(uri, await PatchAsync(uri, body));

    internal async Task<ApiAnswer> SendAsync(string method, string uri, string? body)
    {
        string length = body is null ? "" : $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n";
        ApiAnswer answer = await SendRawAsync($"{method} {uri} HTTP/1.1\r\nHost: localhost\r\n{length}\r\n{body}");
        recorder?.Record(new ApiExchange { Instance = path, Method = method, Path = uri, Body = body, Status = answer.Status, Answer = answer.Body });
        return answer;
    }

    internal async Task<ApiAnswer> SendRawAsync(string text)
    {
        using Socket socket = await ConnectAsync();
        await WriteAsync(socket, text);
        return await ReadAsync(socket).Within($"an answer to {text[..Math.Min(text.Length, 100)]}");
    }

    internal async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    internal static async Task WriteAsync(Socket socket, string text) => await socket.SendAsync(Encoding.UTF8.GetBytes(text));

    internal static async Task<ApiAnswer> ReadAsync(Socket socket)
    {
        string head = "";
        byte[] one = new byte[1];
        while (!head.EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            head += await socket.ReceiveAsync(one) == 1 ? (char)one[0] : throw new IOException($"The connection ended after: {head}");
        }

        string? length = head.Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length: ", StringComparison.Ordinal));
        byte[] body = new byte[length is null ? 0 : int.Parse(length.Split(' ')[1], CultureInfo.InvariantCulture)];
        for (int read = 0; read < body.Length;)
        {
            read += await socket.ReceiveAsync(body.AsMemory(read));
        }

        return new ApiAnswer(int.Parse(head.Split(' ')[1], CultureInfo.InvariantCulture), head, Encoding.UTF8.GetString(body));
    }

    private static void Accepted(string uri, ApiAnswer answer) => Assert.True(answer.Status == 204, $"{uri}: {answer.Status} {answer.Body}");
}
