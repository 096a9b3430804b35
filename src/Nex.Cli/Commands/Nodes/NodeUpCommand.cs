using System.CommandLine;
using Nex.Cli.Options;
using Nex.Control.Connections;
using Nex.Node.Configuration;
using Nex.Node.Hosting;

namespace Nex.Cli.Commands.Nodes;

/// <summary>`nex node up`: runs a node until it is told to end.</summary>
internal sealed class NodeUpCommand : Command
{
    private const int WrongUsage = 2;
    private const int NatsUnreachable = 5;

    private readonly NatsOptionsGroup _nats;
    private readonly Func<ParseResult, string?> _logLevel;
    private readonly NodeOptionsGroup _node = new();

    /// <param name="nats">The options of the connection, which the command above this one has.</param>
    /// <param name="logLevel">The level that was asked for on the command line; null where none was.</param>
    internal NodeUpCommand(NatsOptionsGroup nats, Func<ParseResult, string?>? logLevel = null)
        : base("up", "Run a node on this machine. Without a NATS server to join, it starts one of its own.")
    {
        _nats = nats;
        _logLevel = logLevel ?? (_ => null);
        foreach (Option option in _node.Options)
        {
            Options.Add(option);
        }

        // Not asynchronous to the parser: a node takes the signals itself, and has longer to end than other commands.
        SetAction(parsed => RunAsync(parsed).GetAwaiter().GetResult());
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        TextWriter errors = parsed.InvocationConfiguration.Error;
        using var signals = new NodeSignals();
        try
        {
            NodeConfiguration configuration = _logLevel(parsed) is { } level
                ? _node.Load(parsed, new ConfigurationOverride("log_level", level, "--loglevel"))
                : _node.Load(parsed);
            using ConsoleLoggerFactory loggers = ConsoleLoggerFactory.Create(errors, configuration.Settings.LogLevel, TimeProvider.System);
            var host = new NodeHost(configuration, _nats.ReadGiven(parsed), loggers);
            await host.RunAsync(signals.Graceful, signals.Forced).ConfigureAwait(false);
            return signals.Forced.IsCancellationRequested ? CommandRunner.Cancelled : CommandRunner.Success;
        }
        catch (Exception failure) when (failure is NodeConfigurationException or NatsSettingsException)
        {
            await errors.WriteLineAsync($"nex: {failure.Message}").ConfigureAwait(false);
            return WrongUsage;
        }
        catch (NodeHostException failure)
        {
            await errors.WriteLineAsync($"nex: {failure.Message}").ConfigureAwait(false);
            return failure.Failure == NodeHostFailure.NatsUnreachable ? NatsUnreachable : CommandRunner.Failure;
        }
        catch (OperationCanceledException) when (signals.Graceful.IsCancellationRequested)
        {
            await errors.WriteLineAsync("nex: ended before the node was up").ConfigureAwait(false);
            return CommandRunner.Cancelled;
        }
    }
}
