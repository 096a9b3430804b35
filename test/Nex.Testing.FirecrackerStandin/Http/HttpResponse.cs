using System.Text;

namespace Nex.Testing.FirecrackerStandin.Http;

/// <summary>An answer, with the headers that Firecracker sends, and like there without a reason behind the status.</summary>
internal sealed record HttpResponse(int Status, byte[]? Body = null)
{
    internal static readonly HttpResponse NoContent = new(204);

    internal static readonly HttpResponse Continue = new(100);

    /// <summary>What is done once it has been sent.</summary>
    internal Action? AfterSent { get; init; }

    /// <summary>Whether nothing is read from the connection after it.</summary>
    internal bool Closes { get; init; }

    internal static HttpResponse Text(int status, string body) => new(status, Encoding.UTF8.GetBytes(body));

    internal byte[] ToBytes()
    {
        var head = new StringBuilder($"HTTP/1.1 {Status} \r\nServer: Firecracker API\r\nConnection: {(Closes ? "close" : "keep-alive")}\r\n");
        if (Body is not null)
        {
            _ = head.Append($"Content-Type: application/json\r\nContent-Length: {Body.Length}\r\n");
        }

        return [.. Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), .. Body ?? []];
    }
}
