using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Nex.Cli.Options;
using Nex.Cli.Output;
using Nex.Client;
using Nex.Control.Connections;

namespace Nex.Cli.Commands;

/// <summary>One run of a command: what it was given, and where it writes.</summary>
internal sealed class CommandRun(ParseResult parsed, GlobalOptions globals)
{
    private Screen? _screen;

    internal ParseResult Parsed => parsed;

    internal TextWriter Output { get; } = parsed.InvocationConfiguration.Output;

    internal TextWriter Errors { get; } = parsed.InvocationConfiguration.Error;

    internal bool IsJson { get; } = globals.IsJson(parsed);

    internal string Namespace { get; } = globals.Namespace(parsed);

    internal string? GivenNamespace { get; } = globals.GivenNamespace(parsed);

    /// <summary>For tables and lines on standard output.</summary>
    internal Screen Screen => _screen ??= Screen.ForOutput(Output);

    /// <summary>Writes one JSON document on a line of its own.</summary>
    internal void WriteJson<T>(T document, Func<CliJsonContext, JsonTypeInfo<T>> type) =>
        Output.WriteLine(JsonSerializer.Serialize(document, type(CliJsonContext.Readable)));

    /// <summary>Says something to people on standard error.</summary>
    internal void Say(string text) => Errors.WriteLine($"nex: {SafeText.Clean(text)}");

    internal Task<NexClient> ConnectAsync(CancellationToken cancellation)
    {
        NatsSettings settings = globals.Nats.Read(parsed);
        var options = new NexClientOptions
        {
            LoggerFactory = StandardErrorLog.For(globals.LogLevel(parsed), Errors),
            JetStreamDomain = settings.JetStreamDomain,
        };
        return NexClient.ConnectAsync(settings, WithTimeout(options, globals.GivenTimeout(parsed)), cancellation);
    }

    /// <summary>Who waits longer for an answer waits no shorter for work.</summary>
    internal static NexClientOptions WithTimeout(NexClientOptions options, TimeSpan? given) => given is not { } timeout
        ? options
        : options with { Timeout = timeout, WorkTimeout = timeout > options.WorkTimeout ? timeout : options.WorkTimeout };
}
