using System.Globalization;
using System.Text.Json;
using Nex.Control.Messages;

namespace Nex.Node.Publishing;

/// <summary>The log of one workload, as it is published: where its lines go, and how many were lost.</summary>
internal sealed class WorkloadLog(string subject, string workloadId)
{
    /// <summary>Lines that were dropped and not told of yet. Guarded by the lock of the queue.</summary>
    internal long Lost { get; set; }

    /// <summary>A line that the workload has written.</summary>
    internal OutgoingMessage Line(string level, string text) => Message(level, text, lines: 1, source: null);

    /// <summary>What the node says of the workload.</summary>
    internal OutgoingMessage NodeLine(string level, string text) => Message(level, text, lines: 1, LogSources.Node);

    /// <summary>What tells of lines that were lost.</summary>
    internal OutgoingMessage LostNote(long lost) => Message(LogLevels.Warn, Note(lost), lost, LogSources.Node) with { TellsOfLoss = true };

    internal static string Note(long lost) => string.Create(
        CultureInfo.InvariantCulture, $"{lost} {(lost == 1 ? "line" : "lines")} of this log {(lost == 1 ? "was" : "were")} lost here: NATS was away, or slower than the workload");

    private OutgoingMessage Message(string level, string text, long lines, string? source)
    {
        var entry = new LogEntry { Text = text, Level = level, Id = workloadId, Source = source };
        return new OutgoingMessage(MessageKind.Log, subject, JsonSerializer.SerializeToUtf8Bytes(entry, ControlJsonContext.Readable.LogEntry), this, lines);
    }
}
