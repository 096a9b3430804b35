using NATS.NKeys;
using Nex.Client;
using Nex.Client.Workloads;
using Nex.Control;
using Nex.Control.Messages;

namespace Nex.Cli.Commands.Workloads;

/// <summary>The workloads that one is run in place of: those of its name, in its namespace.</summary>
internal sealed class Predecessors(CommandRun run, NexClient client, string name)
{
    /// <param name="node">The node that they are on, which is looked for at the same time; null: wherever they are.</param>
    internal async Task<IReadOnlyList<LocatedWorkload>> FindAsync(Task<PingReply>? node, CancellationToken cancellation)
    {
        // Each node is asked for all that it runs: to who asks for one workload, those that do not run it are silent, and would be waited for.
        IReadOnlyList<PingReply> nodes = node is not null
            ? [await node.ConfigureAwait(false)]
            : await client.ListNodesAsync(cancellation).ConfigureAwait(false);
        IEnumerable<LocatedWorkload>[] found = await Task
            .WhenAll(nodes.Where(each => each.RunningMachines > 0).Select(each => FindOnAsync(each.NodeId, cancellation))).ConfigureAwait(false);
        return [.. found.SelectMany(each => each)];
    }

    /// <summary>Stops them. Those that somebody else has deployed run on, which is said.</summary>
    internal async Task StopAsync(IReadOnlyList<LocatedWorkload> found, KeyPair issuer, CancellationToken cancellation)
    {
        foreach (LocatedWorkload each in found)
        {
            var stop = new StopOptions { Workload = each.Id, NodeId = each.NodeId, Name = each.Name, Issuer = issuer, Namespace = run.Namespace };
            try
            {
                _ = await client.StopAsync(stop, cancellation).ConfigureAwait(false);
                run.Say($"stopped {each.Name} ({each.Id})");
            }
            catch (ControlException failure) when (failure.Fault == ControlFault.Refused)
            {
                // It may have ended by itself meanwhile, or be somebody else's.
                run.Say($"{each.Name} ({each.Id}) was not stopped. {failure.Message}");
            }
        }
    }

    private async Task<IEnumerable<LocatedWorkload>> FindOnAsync(string nodeId, CancellationToken cancellation)
    {
        try
        {
            InfoReply info = await client.GetInfoAsync(nodeId, run.Namespace, cancellation).ConfigureAwait(false);
            return info.Machines.Where(machine => machine.Workload.Name == name).Select(machine => new LocatedWorkload(nodeId, machine.Id, name));
        }
        catch (ControlException failure)
        {
            run.Say($"a workload {name} on {nodeId} would not be stopped. {failure.Message}");
            return [];
        }
    }
}
