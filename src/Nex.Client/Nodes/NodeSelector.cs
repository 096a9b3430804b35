using Nex.Control;
using Nex.Control.Messages;
using Nex.Protocol.Workloads;

namespace Nex.Client.Nodes;

/// <summary>Finds the node with the most room among those that fit.</summary>
internal static class NodeSelector
{
    private const string LameDuckTag = "nex.lameduck";

    // Memory varies from moment to moment: nodes this close together have the same room, and then the one with less to do is taken.
    private const double SameRoom = 0.9;

    /// <exception cref="ControlException">No node fits; the message says why each does not.</exception>
    internal static async Task<NodeCandidate> SelectAsync(NexClient client, NodeRequirements requirements, CancellationToken cancellation)
    {
        IReadOnlyList<PingReply> nodes = await client.ListNodesAsync(cancellation).ConfigureAwait(false);
        if (nodes.Count == 0)
        {
            throw new ControlException(ControlFault.NoResponders, "No node answers. Start one with `nex node up`, or name the NATS server that nodes are on.");
        }

        var misfits = new List<string>();
        List<PingReply> fitting = [];
        foreach (PingReply node in nodes)
        {
            if (FindMisfit(node, requirements) is { } misfit)
            {
                misfits.Add($"{node.NodeId} {misfit}");
            }
            else
            {
                fitting.Add(node);
            }
        }

        NodeCandidate?[] candidates = await Task
            .WhenAll(fitting.Select(node => AskAsync(client, node, requirements, misfits, cancellation))).ConfigureAwait(false);
        return Best([.. candidates.OfType<NodeCandidate>()])
            ?? throw new ControlException(ControlFault.NoResponders, $"None of the {nodes.Count} nodes that answer fits: {string.Join("; ", misfits)}.");
    }

    /// <returns>Null where there is none.</returns>
    internal static NodeCandidate? Best(IReadOnlyList<NodeCandidate> candidates)
    {
        if (candidates.Count == 0)
        {
            return null;
        }

        double enough = candidates.Max(Room) * SameRoom;
        return candidates
            .Where(candidate => Room(candidate) >= enough)
            .OrderBy(candidate => candidate.Ping.RunningMachines)
            .ThenByDescending(Room)
            .ThenBy(candidate => candidate.Ping.NodeId, StringComparer.Ordinal)
            .First();
    }

    private static double Room(NodeCandidate candidate) => candidate.Info.Memory?.Available ?? 0;

    /// <returns>The rest of a sentence that begins with the node; null when it fits.</returns>
    private static string? FindMisfit(PingReply node, NodeRequirements requirements)
    {
        if (Tag(node, LameDuckTag) == "true")
        {
            return "is in lame duck mode";
        }

        foreach ((string name, string value) in requirements.Tags)
        {
            if (Tag(node, name) != value)
            {
                return Tag(node, name) is { } other ? $"has {name}={other}, not {value}" : $"has no tag {name}";
            }
        }

        return null;
    }

    private static async Task<NodeCandidate?> AskAsync(
        NexClient client, PingReply node, NodeRequirements requirements, List<string> misfits, CancellationToken cancellation)
    {
        string misfit;
        try
        {
            InfoReply info = await client.GetInfoAsync(node.NodeId, requirements.Namespace, cancellation).ConfigureAwait(false);
            string? type = WorkloadTypes.Canonical(requirements.Type);
            // A node that does not say what it runs may run anything: its own answer to the deploy counts.
            if (info.SupportedWorkloadTypes is not { } types || types.Any(each => each == requirements.Type || WorkloadTypes.Canonical(each) == type))
            {
                return new NodeCandidate(node, info);
            }

            misfit = $"does not run {requirements.Type}, only {string.Join(", ", types)}";
        }
        catch (ControlException failure)
        {
            misfit = $"does not say what it offers ({failure.Fault})";
        }

        lock (misfits)
        {
            misfits.Add($"{node.NodeId} {misfit}");
        }

        return null;
    }

    private static string? Tag(PingReply node, string name) => node.Tags is { } tags && tags.TryGetValue(name, out string? value) ? value : null;
}
