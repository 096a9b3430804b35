using System.Text.Json;
using Nex.Control.Messages;

namespace Nex.Client.Streams;

/// <summary>
/// Reads log lines of our nodes and of the original's: that one has the last two tokens of the subject the other way round, and levels such
/// as <c>INFO+2</c>.
/// </summary>
internal static class LogLineReader
{
    // $NEX.logs.{namespace}.{node}.{name}.{id}
    private const int Tokens = 6;

    // The numbers of Go's levels, which lie four apart.
    private const int Step = 4;

    /// <returns>Null when it is no log line.</returns>
    internal static NodeLogLine? Read(string subject, byte[] payload, DateTimeOffset now)
    {
        if (subject.Split('.') is not { Length: Tokens } tokens || TryParse(payload) is not { } entry)
        {
            return null;
        }

        bool swapped = tokens[4] == entry.Id && tokens[5] != entry.Id;
        LogSeverity level = ParseLevel(entry.Level);
        return new NodeLogLine
        {
            Namespace = tokens[2],
            NodeId = tokens[3],
            WorkloadName = swapped ? tokens[5] : tokens[4],
            WorkloadId = swapped ? tokens[4] : tokens[5],
            Level = level,
            // What a workload writes has one of the other two, in nodes that do not tell.
            IsFromNode = entry.Source == LogSources.Node || level is LogSeverity.Debug or LogSeverity.Warn,
            Text = entry.Text,
            Received = now,
        };
    }

    internal static LogSeverity ParseLevel(string level)
    {
        int sign = level.AsSpan().IndexOfAny('+', '-');
        string word = sign < 0 ? level : level[..sign];
        LogSeverity named = word.ToUpperInvariant() switch
        {
            LogLevels.Debug => LogSeverity.Debug,
            LogLevels.Warn => LogSeverity.Warn,
            LogLevels.Error => LogSeverity.Error,
            _ => LogSeverity.Info,
        };
        return sign >= 0 && int.TryParse(level[sign..], out int more)
            ? (LogSeverity)Math.Clamp((int)named + (int)Math.Floor((double)more / Step), (int)LogSeverity.Debug, (int)LogSeverity.Error)
            : named;
    }

    private static LogEntry? TryParse(byte[] payload)
    {
        try
        {
            return JsonSerializer.Deserialize(payload, ControlJsonContext.Default.LogEntry);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
