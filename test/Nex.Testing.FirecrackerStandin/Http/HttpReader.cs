using System.Globalization;
using System.Text;
using Nex.Testing.FirecrackerStandin.Api;

namespace Nex.Testing.FirecrackerStandin.Http;

/// <summary>
/// Reads requests as Firecracker's own HTTP server does: three methods, a line of at most 1,024 bytes, a body only by its
/// <c>Content-Length</c>. A chunked body is not refused: it is not seen, and then read as the next request.
/// </summary>
internal sealed class HttpReader(Stream stream, int maxPayloadSize, Func<HttpResponse, Task> sendAsync)
{
    private const int BufferSize = 1024;

    private readonly byte[] _buffer = new byte[BufferSize];
    private int _filled;

    /// <summary>The next request; null where the client has ended the connection.</summary>
    /// <exception cref="HttpException">What came is no request. Nothing of it is left, and the next can be read.</exception>
    internal async Task<HttpRequest?> ReadAsync()
    {
        try
        {
            return await ReadRequestAsync().ConfigureAwait(false);
        }
        catch (HttpException)
        {
            _filled = 0;
            throw;
        }
    }

    private async Task<HttpRequest?> ReadRequestAsync()
    {
        if (await ReadLineAsync("Invalid request.").ConfigureAwait(false) is not { } requestLine)
        {
            return null;
        }

        (string method, string path) = ParseRequestLine(requestLine);
        uint length = 0;
        bool expectsContinue = false;
        while (true)
        {
            if (await ReadLineAsync("Invalid content length. Header is too long.").ConfigureAwait(false) is not { } line)
            {
                return null;
            }

            if (line.Length == 0)
            {
                break;
            }

            ParseHeader(line, ref length, ref expectsContinue);
        }

        if (length > maxPayloadSize)
        {
            throw new HttpException(Faults.PayloadTooLarge(length, maxPayloadSize));
        }

        if (length == 0)
        {
            return new HttpRequest { Method = method, Path = path };
        }

        if (expectsContinue)
        {
            await sendAsync(HttpResponse.Continue).ConfigureAwait(false);
        }

        byte[] body = new byte[length];
        return await FillAsync(body).ConfigureAwait(false) ? new HttpRequest { Method = method, Path = path, Body = body } : null;
    }

    private static (string Method, string Path) ParseRequestLine(string line)
    {
        string[] parts = line.Split(' ');
        if (parts.Length != 3)
        {
            throw new HttpException("Invalid request.");
        }

        if (parts[0] is not ("GET" or "PUT" or "PATCH"))
        {
            throw new HttpException("Invalid HTTP Method: Unsupported HTTP method.");
        }

        if (parts[1].Length == 0)
        {
            throw new HttpException("Invalid URI: Empty URI not allowed.");
        }

        if (parts[2] is not ("HTTP/1.0" or "HTTP/1.1"))
        {
            throw new HttpException("Invalid HTTP Version: Unsupported HTTP version.");
        }

        return (parts[0], AbsolutePath(parts[1]));
    }

    /// <summary>The path of a URI that may be whole; what is neither is no path.</summary>
    private static string AbsolutePath(string uri)
    {
        const string scheme = "http://";
        if (!uri.StartsWith(scheme, StringComparison.Ordinal))
        {
            return uri[0] == '/' ? uri : "";
        }

        int slash = uri.IndexOf('/', scheme.Length);
        return slash < 0 ? "" : uri[slash..];
    }

    /// <summary>Headers that it does not know, and values that it does not know, are ignored.</summary>
    private static void ParseHeader(string line, ref uint length, ref bool expectsContinue)
    {
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            throw new HttpException($"Header is incorrectly formatted. {line}");
        }

        string value = line[(colon + 1)..].Trim();
        switch (line[..colon].Trim().ToUpperInvariant())
        {
            case "CONTENT-LENGTH" when !uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out length):
                throw new HttpException($"Invalid value. Key:{line[..colon]}; Value:{line[(colon + 1)..]}");
            case "EXPECT":
                expectsContinue |= value == "100-continue";
                break;
            case "ACCEPT-ENCODING" when value.Split(',').Any(encoding => encoding.Trim() == "identity;q=0"):
                throw new HttpException($"Invalid value. Key:{line[..colon]}; Value:{value}");
        }
    }

    /// <summary>A line without its end; null where the connection has ended before it.</summary>
    private async Task<string?> ReadLineAsync(string tooLong)
    {
        while (true)
        {
            int end = _buffer.AsSpan(0, _filled).IndexOf("\r\n"u8);
            if (end >= 0)
            {
                string line = Decode(_buffer.AsSpan(0, end));
                Take(end + 2);
                return line;
            }

            if (_filled == BufferSize)
            {
                throw new HttpException(tooLong);
            }

            int count = await stream.ReadAsync(_buffer.AsMemory(_filled)).ConfigureAwait(false);
            if (count == 0)
            {
                return null;
            }

            _filled += count;
        }
    }

    private static string Decode(ReadOnlySpan<byte> line)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(line);
        }
        catch (DecoderFallbackException)
        {
            throw new HttpException("Header contains invalid characters.");
        }
    }

    private async Task<bool> FillAsync(byte[] body)
    {
        int taken = Math.Min(_filled, body.Length);
        _buffer.AsSpan(0, taken).CopyTo(body);
        Take(taken);
        int read = await stream.ReadAtLeastAsync(body.AsMemory(taken), body.Length - taken, throwOnEndOfStream: false).ConfigureAwait(false);
        return read == body.Length - taken;
    }

    private void Take(int count)
    {
        _buffer.AsSpan(count, _filled - count).CopyTo(_buffer);
        _filled -= count;
    }
}
