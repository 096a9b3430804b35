using System.CommandLine;
using Nex.Cli.Options;
using Nex.Cli.Output;
using Nex.Client;
using Nex.Control.Messages;

namespace Nex.Cli.Commands.Nodes;

/// <summary>`nex node info`: what one node is, and what runs on it.</summary>
internal sealed class NodeInfoCommand : NexCommand
{
    private readonly Argument<string> _node = new("node") { Description = "The node: its id, the beginning of it, or its name" };

    internal NodeInfoCommand(GlobalOptions globals)
        : base("info", "Tell of a node, and of the workloads of a namespace on it", globals)
    {
        Arguments.Add(_node);
        Examples = [("nex node info NBTA", "the node whose id begins so"), ("nex node info big-one --namespace shop", "its workloads in the namespace shop")];
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        await using NexClient client = await run.ConnectAsync(cancellation).ConfigureAwait(false);
        string node = await NodeArgument.ResolveAsync(client, run.Parsed.GetRequiredValue(_node), cancellation).ConfigureAwait(false);
        InfoReply info = await client.GetInfoAsync(node, run.Namespace, cancellation).ConfigureAwait(false);
        if (run.IsJson)
        {
            run.WriteJson(
                new NodeInfoDocument(node, info.Version, info.Uptime, info.PublicXkey, info.Tags, info.Memory, info.Machines, info.SupportedWorkloadTypes),
                json => json.NodeInfoDocument);
            return ExitCodes.Done;
        }

        Write(run, node, info);
        return ExitCodes.Done;
    }

    private static void Write(CommandRun run, string node, InfoReply info)
    {
        foreach ((string name, string value) in Facts(node, info))
        {
            run.Screen.Line($"{name + ":",-11} {value}");
        }

        foreach ((string name, string value) in info.Tags ?? new Dictionary<string, string>())
        {
            run.Screen.Line($"{"tag:",-11} {name}={value}");
        }

        if (info.Machines.Count == 0)
        {
            run.Screen.Line($"No workload of the namespace {run.Namespace} runs on it.");
            return;
        }

        run.Screen.Table(
            ["Workload", "Name", "Type", "Runs for", "Healthy", "Description"],
            info.Machines.Select(machine => (IReadOnlyList<string>)
            [
                machine.Id, machine.Workload.Name, machine.Workload.Type, machine.Workload.Runtime,
                machine.Healthy ? "yes" : "no", machine.Workload.Description ?? "",
            ]));
    }

    private static IEnumerable<(string, string)> Facts(string node, InfoReply info)
    {
        yield return ("node", node);
        yield return ("version", info.Version);
        yield return ("uptime", info.Uptime);
        yield return ("xkey", info.PublicXkey);
        yield return ("types", string.Join(", ", info.SupportedWorkloadTypes ?? []));
        if (info.Memory is { } memory)
        {
            yield return ("memory", $"{memory.Available / 1024} of {memory.Total / 1024} MiB available");
        }
    }
}
