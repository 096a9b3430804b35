using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Nex.Firecracker.Recording;

/// <summary>
/// Writes calls to a file, one JSON text a line, in the order in which they ended:
/// <c>{"instance":…,"method":…,"path":…,"body":…,"status":…,"answer":…}</c>. Bodies and answers are JSON in it, not strings of it; an answer
/// that is no JSON is a string. Any number of clients may share one, on any thread, and any number of recorders, in any process, a file.
/// </summary>
public sealed partial class JsonLinesRecorder : IDisposable
{
    private const int WriteOnly = 1;
    private const int Create = 0x40;
    private const int Append = 0x400;
    private const int CloseOnExec = 0x80000;
    private const int OwnerAlone = 0b110_000_000;

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly SafeFileHandle _file;

    /// <summary>Opens a file to append to, or makes it with mode 0600.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public JsonLinesRecorder(string path)
    {
        // With .NET's own way to append, the end is looked for once; with this one, by the kernel at each write, whoever else writes.
        _file = new SafeFileHandle(Open(path, WriteOnly | Create | Append | CloseOnExec, OwnerAlone), ownsHandle: true);
        if (_file.IsInvalid)
        {
            throw new IOException($"{path} cannot be opened: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }
    }

    /// <summary>Appends a call. It is in the file when this returns.</summary>
    public void Record(ApiExchange exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        var line = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(line, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("instance", exchange.Instance);
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
        // In one call of the system, so that the line stays whole. A file that is appended to does not mind the place.
        RandomAccess.Write(_file, line.WrittenSpan, fileOffset: 0);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

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

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);
}
