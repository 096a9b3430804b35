using System.CommandLine;
using NATS.NKeys;
using Nex.Cli.Options;
using Nex.Cli.Output;
using Nex.Client;
using Nex.Client.Workloads;
using Nex.Control.Formats;
using Nex.Control.Messages;
using Nex.Protocol.Workloads;

namespace Nex.Cli.Commands.Workloads;

/// <summary>`nex run`: runs what is in an object store.</summary>
internal sealed class RunCommand : NexCommand
{
    private readonly Argument<string> _url = new("url") { Description = "Where the program is: nats://BUCKET/KEY, in an object store of JetStream" };

    private readonly Argument<string[]> _rest = new("node and environment")
    {
        Description = "[NODE] [KEY=VALUE…]: the node, or none for the one with the most room; and variables, which only the node can read",
        HelpName = "NODE|KEY=VALUE",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _hash = new("--hash") { Description = "SHA-256 of the program, which the node compares", HelpName = "HEX" };

    private readonly DeployOptionsGroup _options;

    internal RunCommand(GlobalOptions globals, IReadOnlyList<string> programArguments)
        : base("run", "Run a program that is in an object store", globals)
    {
        _options = new DeployOptionsGroup(programArguments);
        Arguments.Add(_url);
        Arguments.Add(_rest);
        _options.AddTo(this);
        Options.Add(_hash);
        Examples =
        [
            ("nex run nats://NEXCLIFILES/echo --name echo", "on the node with the most room"),
            ("nex run nats://NEXCLIFILES/echo NBTA PORT=80 --name echo -- --verbose 'two words'", "on that node, with a variable and two arguments"),
            ("nex run nats://NEXCLIFILES/echo --tag region=eu --essential", "on a node with that tag; started again when it fails"),
        ];
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        string url = run.Parsed.GetRequiredValue(_url);
        (string? node, Dictionary<string, string> environment) = Split(run.Parsed.GetValue(_rest) ?? []);
        string type = run.Parsed.GetValue(_options.Type) ?? WorkloadTypes.Elf;
        using KeyPair issuer = _options.Issuer(run.Parsed);
        using KeyPair sender = _options.Sender(run.Parsed);
        await using NexClient client = await run.ConnectAsync(cancellation).ConfigureAwait(false);
        PingReply target = await _options.FindNodeAsync(run, client, node, type, cancellation).ConfigureAwait(false);
        var options = new DeployOptions
        {
            Name = run.Parsed.GetValue(_options.Name) ?? WorkloadName.Of(ArtifactLocation.Parse(url).Path),
            NodeId = target.NodeId,
            NodeXkey = target.TargetXkey,
            Location = url,
            Issuer = issuer,
            Sender = sender,
            Namespace = run.Namespace,
            Type = type,
            Argv = _options.Arguments(run.Parsed),
            Environment = environment,
            Description = run.Parsed.GetValue(_options.Description),
            Essential = _options.IsEssential(run.Parsed),
            TriggerSubjects = _options.Triggers(run.Parsed),
            JetStreamDomain = _options.Domain(run.Parsed),
            Hash = run.Parsed.GetValue(_hash),
        };
        RunReply reply = await client.DeployAsync(options, cancellation).ConfigureAwait(false);
        Deployed.Write(run, options, reply, uploaded: null);
        return ExitCodes.Done;
    }

    private static (string? Node, Dictionary<string, string> Environment) Split(string[] rest)
    {
        string? node = rest.FirstOrDefault() is { } first && !first.Contains('=', StringComparison.Ordinal) ? first : null;
        return (node, Pairs.Read(rest.Skip(node is null ? 0 : 1), "variable"));
    }
}

/// <summary>Tells of a workload that runs.</summary>
internal static class Deployed
{
    internal static void Write(CommandRun run, DeployOptions options, RunReply reply, bool? uploaded)
    {
        if (run.IsJson)
        {
            run.WriteJson(
                new DeployedDocument("deployed", reply.Id, reply.Name, options.Namespace, options.NodeId, reply.Issuer, options.Location, options.Hash, uploaded),
                json => json.DeployedDocument);
        }
        else
        {
            run.Screen.Line($"{reply.Name} runs as {reply.Id} on {options.NodeId}");
        }
    }
}
