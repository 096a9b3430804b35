using System.CommandLine;
using Nex.Cli.Options;
using Nex.Cli.Output;
using Nex.Control.Connections;
using Nex.Node;
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
            ("nex node up --json | head -n 1", "a line of JSON when it is up, for the program that has started it"),
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
            var host = new NodeHost(configuration, FindNats(run, configuration.Settings), loggers);
            Task running = host.RunAsync(signals.Graceful, signals.Forced);
            await Task.WhenAny(host.Ready, running).ConfigureAwait(false);
            if (run.IsJson && host.Ready.IsCompletedSuccessfully)
            {
                Tell(run, configuration.Settings, host, await host.Ready.ConfigureAwait(false));
            }

            await running.ConfigureAwait(false);
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

    /// <returns>Null where neither the command line nor the environment nor the configuration names a NATS system: the node then starts a server.</returns>
    private NatsSettings? FindNats(CommandRun run, NodeSettings settings)
    {
        NatsSettings given = Globals.Nats.ReadGiven(run.Parsed);
        if (given.NamesSystem || settings.Nats is not null)
        {
            return given;
        }

        if (given.HasCredentials || given.HasTls)
        {
            run.Say("credentials and TLS files of the command line and the environment are not used: no NATS system is named that the node is to join. Name it with --server or --context, or as nats.servers in the configuration.");
        }

        return null;
    }

    private static void Tell(CommandRun run, NodeSettings settings, NodeHost host, NodeStatus status)
    {
        try
        {
            run.WriteJson(
                new NodeUpDocument(
                    "up", status.Id, status.Name, NexNode.Version, settings.Agents.Sandbox.ToString().ToLowerInvariant(), host.NatsUrl!,
                    host.HasPrivateServer ? LocalNode.ContextFile(settings.DataDirectory) : null),
                json => json.NodeUpDocument);
        }
        catch (IOException)
        {
            // Nobody reads it any more. The node is up all the same.
        }
    }
}
