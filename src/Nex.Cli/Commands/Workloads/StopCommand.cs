using System.CommandLine;
using NATS.NKeys;
using Nex.Cli.Keys;
using Nex.Cli.Options;
using Nex.Cli.Output;
using Nex.Client;
using Nex.Client.Workloads;
using Nex.Control.Messages;

namespace Nex.Cli.Commands.Workloads;

/// <summary>`nex stop`: stops a workload.</summary>
internal sealed class StopCommand : NexCommand
{
    private readonly Argument<string[]> _target = new("target")
    {
        Description = "[NODE] WORKLOAD: the workload by its id, or by its name where there is only one; its node is found where none is given",
        HelpName = "[NODE] WORKLOAD",
        Arity = new ArgumentArity(1, 2),
    };

    private readonly Option<string?> _name = new("--name") { Description = "Name of the workload; looked up where it is not given", HelpName = "NAME" };
    private readonly Option<string?> _issuer = new("--issuer") { Description = "Seed file of the key that has signed its deploy [~/.config/nex/issuer.nk]", HelpName = "FILE" };

    internal StopCommand(GlobalOptions globals)
        : base("stop", "Stop a workload", globals)
    {
        Arguments.Add(_target);
        Options.Add(_name);
        Options.Add(_issuer);
        Examples = [("nex stop echo", "the only workload named echo, wherever it runs"), ("nex stop NBTA dc2foj9ksdue5angnvmg", "that workload on that node")];
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        string[] target = run.Parsed.GetRequiredValue(_target);
        string issuerFile = run.Parsed.GetValue(_issuer) ?? KeyStore.PathOf(KeyKind.Issuer);
        using KeyPair issuer = KeyStore.Read(issuerFile, KeyKind.Issuer);
        await using NexClient client = await run.ConnectAsync(cancellation).ConfigureAwait(false);
        string? node = target.Length > 1 ? await NodeArgument.ResolveAsync(client, target[0], cancellation).ConfigureAwait(false) : null;
        LocatedWorkload workload = (node, run.Parsed.GetValue(_name)) is ({ } given, { } name)
            ? new LocatedWorkload(given, target[^1], name)
            : await client.LocateAsync(target[^1], node, run.Namespace, cancellation).ConfigureAwait(false);
        var options = new StopOptions
        {
            Workload = workload.Id,
            NodeId = workload.NodeId,
            Name = run.Parsed.GetValue(_name) ?? workload.Name,
            Issuer = issuer,
            Namespace = run.Namespace,
        };
        StopReply reply = await client.StopAsync(options, cancellation).ConfigureAwait(false);
        if (run.IsJson)
        {
            run.WriteJson(new StoppedDocument(workload.NodeId, reply.Id, reply.Name, reply.Stopped), json => json.StoppedDocument);
        }
        else if (reply.Stopped)
        {
            run.Screen.Line($"{reply.Name} ({reply.Id}) is stopped.");
        }

        return reply.Stopped ? ExitCodes.Done : throw new CommandFailedException($"{reply.Name} ({reply.Id}) was not stopped.");
    }
}
