using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Nex.Firecracker.Recording;

/// <summary>
/// Writes calls to a file, one JSON text a line, in the order in which they ended:
/// <c>{"method":…,"path":…,"body":…,"status":…,"answer":…}</c>. Bodies and answers are JSON in it, not strings of it; an answer that is no
/// JSON is a string. Any number of clients may share one, on any thread; a file has one recorder at a time.
/// </summary>
public sealed class JsonLinesRecorder : IDisposable
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _lock = new();
    private readonly FileStream _file;

    /// <summary>Opens a file to append to, or makes it with mode 0600.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public JsonLinesRecorder(string path)
    {
        _file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            BufferSize = 0,
        });
    }

    /// <summary>Appends a call. It is in the file when this returns.</summary>
    public void Record(ApiExchange exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        var line = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(line, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("method", exchange.Method);
            json.WriteString("path", exchange.Path);
            WriteJson(json, "body", exchange.Body);
            if (exchange.Status is { } status)
            {
                json.WriteNumber("status", status);
            }
            else
            {
                json.WriteNull("status");
            }

            WriteJson(json, "answer", exchange.Answer);
            json.WriteEndObject();
        }

        line.Write("\n"u8);
        lock (_lock)
        {
            _file.Write(line.WrittenSpan);
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _file.Dispose();
        }
    }

    private static void WriteJson(Utf8JsonWriter json, string name, string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            json.WriteNull(name);
            return;
        }

        try
        {
            // Written anew rather than copied, since newlines in it would end the line.
            using JsonDocument document = JsonDocument.Parse(text);
            json.WritePropertyName(name);
            document.WriteTo(json);
        }
        catch (JsonException)
        {
            json.WriteString(name, text);
        }
    }
}
