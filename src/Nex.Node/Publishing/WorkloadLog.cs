using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Nex.Control.Messages;

namespace Nex.Node.Publishing;

/// <summary>The log of one workload, as it is published: where its lines go, and how many were lost. Written by its follower alone.</summary>
internal sealed class WorkloadLog(string subject, string workloadId)
{
    private static readonly JsonEncodedText TextName = JsonEncodedText.Encode("text");
    private static readonly JsonEncodedText LevelName = JsonEncodedText.Encode("level");
    private static readonly JsonEncodedText IdName = JsonEncodedText.Encode("id");
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly JsonEncodedText _id = JsonEncodedText.Encode(workloadId);
    private readonly ArrayBufferWriter<byte> _buffer = new(256);
    private Utf8JsonWriter? _writer;

    internal string Subject => subject;

    /// <summary>Lines that were dropped and not told of yet. Guarded by the lock of the queue.</summary>
    internal long Lost { get; set; }

    /// <summary>A line as a message. Called by one at a time.</summary>
    internal OutgoingMessage Line(string level, string text)
    {
        _buffer.ResetWrittenCount();
        _writer ??= new Utf8JsonWriter(_buffer, Writing);
        _writer.Reset(_buffer);
        Write(_writer, level, text);
        byte[] payload = _buffer.WrittenSpan.ToArray();
        if (_buffer.Capacity > 64 * 1024)
        {
            // One long line must not keep its memory for as long as the workload runs.
            _buffer.Clear();
        }

        return new OutgoingMessage(MessageKind.Log, subject, payload, this);
    }

    /// <summary>What tells of lines that were lost. May be called while a line is made.</summary>
    internal OutgoingMessage LostNote(long lost)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(buffer, Writing);
        Write(writer, LogLevels.Warn, Note(lost));
        return new OutgoingMessage(MessageKind.Log, subject, buffer.WrittenSpan.ToArray(), this, lost);
    }

    internal static string Note(long lost) => string.Create(
        CultureInfo.InvariantCulture, $"{lost} {(lost == 1 ? "line" : "lines")} of this log {(lost == 1 ? "was" : "were")} lost here: NATS was away, or slower than the workload");

    private void Write(Utf8JsonWriter writer, string level, string text)
    {
        writer.WriteStartObject();
        writer.WriteString(TextName, text);
        writer.WriteString(LevelName, level);
        writer.WriteString(IdName, _id);
        writer.WriteEndObject();
        writer.Flush();
    }
}
