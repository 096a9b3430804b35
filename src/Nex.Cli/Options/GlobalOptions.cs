using System.CommandLine;
using System.CommandLine.Parsing;
using Nex.Control;

namespace Nex.Cli.Options;

/// <summary>The options that every command takes.</summary>
internal sealed class GlobalOptions
{
    private const string DefaultTimeout = "2s";

    private readonly Option<string?> _namespace = new("--namespace")
    {
        Description = "Namespace of workloads [NEX_NAMESPACE, default]",
        HelpName = "NAME",
        Recursive = true,
    };

    private readonly Option<string?> _timeout = new("--timeout")
    {
        Description = "How long an answer is waited for [NATS_TIMEOUT, 2s]",
        HelpName = "TIME",
        Recursive = true,
    };

    private readonly Option<string?> _logLevel = new("--loglevel")
    {
        Description = "What is told on standard error: debug, info, warn or error [NEX_LOGLEVEL, error]",
        HelpName = "LEVEL",
        Recursive = true,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Write JSON, for programs", Recursive = true };

    internal GlobalOptions()
    {
        _timeout.Validators.Add(RequireTime);
        _logLevel.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "debug", "info", "warn", "error");
    }

    internal NatsOptionsGroup Nats { get; } = new();

    internal void AddTo(Command command)
    {
        foreach (Option option in (IEnumerable<Option>)[_json, _namespace, .. Nats.Options, _timeout, _logLevel])
        {
            command.Options.Add(option);
        }
    }

    internal bool IsJson(ParseResult parsed) => parsed.GetValue(_json);

    /// <returns>Null where it is not given.</returns>
    internal string? GivenNamespace(ParseResult parsed) =>
        (parsed.GetValue(_namespace) ?? Variable("NEX_NAMESPACE")) is { } given && !ControlSubjects.IsToken(given)
            ? throw new UsageException($"'{given}' is no namespace: it must be one word, without dots, wildcards and blanks.")
            : parsed.GetValue(_namespace) ?? Variable("NEX_NAMESPACE");

    internal string Namespace(ParseResult parsed) => GivenNamespace(parsed) ?? "default";

    internal string LogLevel(ParseResult parsed) => GivenLogLevel(parsed) ?? "error";

    /// <returns>Null where it is not given.</returns>
    internal string? GivenLogLevel(ParseResult parsed) => (parsed.GetValue(_logLevel) ?? Variable("NEX_LOGLEVEL"))?.ToLowerInvariant();

    /// <returns>Null where it is not given.</returns>
    internal TimeSpan? GivenTimeout(ParseResult parsed) =>
        (parsed.GetValue(_timeout) ?? Variable("NATS_TIMEOUT")) is { } text
            ? Durations.TryParse(text) ?? throw new UsageException($"NATS_TIMEOUT is '{text}': write a time such as {DefaultTimeout}, 500ms or 1m30s.")
            : null;

    private static void RequireTime(OptionResult result)
    {
        if (result.Tokens is [{ Value: { } text }] && Durations.TryParse(text) is null)
        {
            result.AddError($"--timeout {text}: write a time such as {DefaultTimeout}, 500ms or 1m30s.");
        }
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
