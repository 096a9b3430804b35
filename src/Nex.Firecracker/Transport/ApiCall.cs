using System.Net.Http.Headers;

namespace Nex.Firecracker.Transport;

/// <summary>One call of the API.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path, from the root.</param>
/// <param name="Body">The JSON to send; null for none.</param>
/// <param name="Timeout">How long it may take.</param>
internal sealed record ApiCall(HttpMethod Method, string Path, byte[]? Body, TimeSpan Timeout)
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");
    private static readonly MediaTypeWithQualityHeaderValue AcceptedJson = new("application/json");

    internal string Name => $"{Method.Method} {Path}";

    internal HttpRequestMessage ToMessage()
    {
        var message = new HttpRequestMessage(Method, $"http://localhost{Path}")
        {
            Version = System.Net.HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        message.Headers.Accept.Add(AcceptedJson);
        if (Body is not null)
        {
            // An array has a length, which is sent: Firecracker ignores a body that comes in chunks.
            message.Content = new ByteArrayContent(Body);
            message.Content.Headers.ContentType = Json;
        }

        return message;
    }
}

/// <summary>What Firecracker answered.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">Empty for none.</param>
internal sealed record ApiAnswer(int Status, ReadOnlyMemory<byte> Body);
