using NATS.NKeys;
using Nex.Client;
using Nex.Control;
using Nex.Control.Claims;
using Nex.Control.Messages;

namespace Nex.Cli.Options;

/// <summary>A node as people name it: its id, the beginning of it, or its name.</summary>
internal static class NodeArgument
{
    private const string NameTag = "node_name";

    /// <summary>The least of an id that is taken for one.</summary>
    private const int LeastPrefix = 4;

    /// <exception cref="ControlException">No node is of that name, or several are.</exception>
    internal static async Task<string> ResolveAsync(NexClient client, string given, CancellationToken cancellation)
    {
        if (IsId(given))
        {
            return given;
        }

        IReadOnlyList<PingReply> nodes = await client.ListNodesAsync(cancellation).ConfigureAwait(false);
        PingReply[] matching = [.. nodes.Where(node => Name(node) == given || (given.Length >= LeastPrefix && node.NodeId.StartsWith(given, StringComparison.Ordinal)))];
        return matching switch
        {
            [var only] => only.NodeId,
            [] => throw new ControlException(ControlFault.NoResponders, $"None of the {nodes.Count} nodes that answer has the id or the name '{given}'. `nex node ls` lists them."),
            _ => throw new UsageException($"'{given}' could be any of {string.Join(", ", matching.Select(node => node.NodeId))}: give the whole id."),
        };
    }

    internal static bool IsId(string text) => PublicKey.IsValid(PrefixByte.Server, text);

    internal static string? Name(PingReply node) => node.Tags is { } tags && tags.TryGetValue(NameTag, out string? name) ? name : null;
}
