using System.CommandLine;
using Nex.Cli.Options;
using Nex.Node.Configuration;
using Nex.Node.Hosting;

namespace Nex.Cli.Commands.Nodes;

/// <summary>`nex node up`: runs a node until it is told to end.</summary>
internal sealed class NodeUpCommand : NexCommand
{
    private readonly NodeOptionsGroup _node = new();

    internal NodeUpCommand(GlobalOptions globals)
        : base("up", "Run a node on this machine. Without a NATS server to join, it starts one of its own", globals)
    {
        foreach (Option option in _node.Options)
        {
            Options.Add(option);
        }

        // Not asynchronous to the parser: a node takes the signals itself, and has longer to end than other commands.
        SetAction(parsed => CommandRunner.RunAsync(parsed, globals, RunAsync, CancellationToken.None).GetAwaiter().GetResult());
        Examples =
        [
            ("nex node up", "all that one machine needs, with a private NATS server"),
            ("nex node up --server nats://nats.example.com --creds node.creds --pool-size 8 --tag site=berlin", "one node among others"),
            ("nex node up --config node.json --set machine_template.vcpu_count=2", "as the file says, but for one key"),
        ];
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        using var signals = new NodeSignals();
        try
        {
            NodeConfiguration configuration = Globals.GivenLogLevel(run.Parsed) is { } level
                ? _node.Load(run.Parsed, new ConfigurationOverride("log_level", level, "--loglevel"))
                : _node.Load(run.Parsed);
            using ConsoleLoggerFactory loggers = ConsoleLoggerFactory.Create(run.Errors, configuration.Settings.LogLevel, TimeProvider.System);
            var host = new NodeHost(configuration, Globals.Nats.ReadGiven(run.Parsed), loggers);
            await host.RunAsync(signals.Graceful, signals.Forced).ConfigureAwait(false);
            return signals.Forced.IsCancellationRequested ? ExitCodes.Cancelled : ExitCodes.Done;
        }
        catch (NodeConfigurationException failure)
        {
            return ConfigurationFaults.Say(run, failure);
        }
        catch (NodeHostException failure)
        {
            run.Say(failure.Message);
            return failure.Failure == NodeHostFailure.NatsUnreachable ? ExitCodes.NatsUnreachable : ExitCodes.Failed;
        }
        catch (OperationCanceledException) when (signals.Graceful.IsCancellationRequested)
        {
            run.Say("ended before the node was up");
            return ExitCodes.Cancelled;
        }
    }
}
