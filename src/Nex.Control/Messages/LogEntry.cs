using System.Text.Json.Serialization;

namespace Nex.Control.Messages;

/// <summary>A line of a log as it is on the wire.</summary>
internal sealed record LogEntry
{
    [JsonPropertyOrder(0)]
    public required string Text { get; init; }

    /// <summary>One of <see cref="LogLevels"/>; a reader also takes what a logger adds to it, such as <c>INFO+2</c>.</summary>
    [JsonPropertyOrder(1)]
    public required string Level { get; init; }

    /// <summary>The id of the workload.</summary>
    [JsonPropertyOrder(2)]
    public required string Id { get; init; }

    /// <summary><see cref="LogSources.Node"/> where the node says it itself; null for what the workload has written.</summary>
    [JsonPropertyOrder(3)]
    public string? Source { get; init; }
}

/// <summary>Who says a line. Nodes of the original do not tell.</summary>
internal static class LogSources
{
    internal const string Node = "node";
}

/// <summary>The levels of log lines.</summary>
internal static class LogLevels
{
    internal const string Debug = "DEBUG";
    internal const string Info = "INFO";
    internal const string Warn = "WARN";
    internal const string Error = "ERROR";
}
