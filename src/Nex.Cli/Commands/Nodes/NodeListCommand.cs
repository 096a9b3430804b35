using Nex.Cli.Options;
using Nex.Client;
using Nex.Control.Messages;

namespace Nex.Cli.Commands.Nodes;

/// <summary>`nex node ls`: which nodes there are.</summary>
internal sealed class NodeListCommand : NexCommand
{
    // What tells ids apart on a narrow terminal, and is enough for every command that takes one.
    private const int ShortId = 12;

    internal NodeListCommand(GlobalOptions globals)
        : base("ls", "List the nodes that answer", globals)
    {
        Aliases.Add("list");
        Examples = [("nex node ls", "all nodes"), ("nex node ls --json | jq -r '.[].node_id'", "their ids")];
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        await using NexClient client = await run.ConnectAsync(cancellation).ConfigureAwait(false);
        IReadOnlyList<PingReply> nodes = await client.ListNodesAsync(cancellation).ConfigureAwait(false);
        if (run.IsJson)
        {
            run.WriteJson(nodes, json => json.IReadOnlyListPingReply);
            return ExitCodes.Done;
        }

        if (nodes.Count == 0)
        {
            run.Say("No node answers. Start one with `nex node up`.");
            return ExitCodes.Done;
        }

        bool narrow = run.Screen.IsNarrow;
        run.Screen.Table(
            ["Id", "Name", "Version", "Uptime", "Workloads", "State"],
            nodes.Select(node => (IReadOnlyList<string>)
            [
                narrow ? node.NodeId[..Math.Min(ShortId, node.NodeId.Length)] + "…" : node.NodeId,
                NodeArgument.Name(node) ?? "",
                node.Version,
                node.Uptime,
                $"{node.RunningMachines}",
                State(node),
            ]));
        return ExitCodes.Done;
    }

    private static string State(PingReply node) =>
        node.Tags is { } tags && tags.TryGetValue("nex.lameduck", out string? lameDuck) && lameDuck == "true" ? "lame duck" : "open";
}
