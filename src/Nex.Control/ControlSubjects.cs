namespace Nex.Control;

/// <summary>The subjects of the control API. A namespace or an id that is no single token of a subject is refused.</summary>
internal static class ControlSubjects
{
    internal const string PingAll = "$NEX.PING";

    internal const string SystemNamespace = "system";

    private const string Prefix = "$NEX";

    internal static string Ping(string nodeId) => Join("PING", nodeId);

    /// <param name="workload">The id or the name of a workload; null for any of the namespace.</param>
    internal static string WorkloadPing(string @namespace, string? workload = null) =>
        workload is null ? Join("WPING", @namespace) : Join("WPING", @namespace, workload);

    internal static string Info(string @namespace, string nodeId) => Join("INFO", @namespace, nodeId);

    internal static string Deploy(string @namespace, string nodeId) => Join("DEPLOY", @namespace, nodeId);

    internal static string Stop(string @namespace, string nodeId) => Join("STOP", @namespace, nodeId);

    internal static string LameDuck(string nodeId) => Join("LAMEDUCK", nodeId);

    internal static string Event(string @namespace, string type) => Join("events", @namespace, type);

    internal static string Log(string @namespace, string nodeId, string workloadName, string workloadId) =>
        Join("logs", @namespace, nodeId, workloadName, workloadId);

    /// <summary>Whether a text is one token of a subject: not empty, without dots, wildcards, blanks and control characters.</summary>
    internal static bool IsToken(string? text) =>
        !string.IsNullOrEmpty(text) && !text.Any(character => character is '.' or '*' or '>' || char.IsWhiteSpace(character) || char.IsControl(character));

    /// <summary>The subjects that match any value of a token that is null.</summary>
    internal static string Pattern(string kind, params string?[] tokens) =>
        string.Join('.', [Prefix, kind, .. tokens.Select(token => token is null ? "*" : Require(token))]);

    private static string Join(string kind, params string[] tokens) => string.Join('.', [Prefix, kind, .. tokens.Select(Require)]);

    private static string Require(string token) => IsToken(token)
        ? token
        : throw new ArgumentException($"'{token}' cannot be part of a NATS subject: it must be one token, without dots, wildcards and blanks.", nameof(token));
}
