using Nex.Chaos.World;
using Nex.Linux.Processes;
using Nex.Testing.Processes;

namespace Nex.Chaos.Checks;

/// <summary>What must be true when nobody does anything any more: first of the node, and then of the host when the node has ended.</summary>
internal sealed class Rest(ChaosWorld world)
{
    // What hangs is found out and replaced by then, on a busy host too.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly Leftovers _leftovers = new(world);

    /// <summary>Stops every workload, and waits until all are told to have ended, the pool is what it should be, and the node's own counts say so.</summary>
    /// <exception cref="TimeoutException">It does not come to that.</exception>
    internal async Task<Footprint> ReachAsync()
    {
        await world.Disturbance.Recovered;
        long begun = TimeProvider.System.GetTimestamp();
        while (await FaultsAsync() is { Count: > 0 } faults)
        {
            string all = string.Join(' ', faults);
            if (TimeProvider.System.GetElapsedTime(begun) > Patience)
            {
                throw new TimeoutException($"There was no rest within {Patience.TotalSeconds} s: {all}");
            }

            world.Trace($"there is no rest yet: {all}");
            await Task.Delay(Interval, TimeProvider.System, CancellationToken.None);
        }

        world.Book.Close();
        return Footprint.Of(world);
    }

    /// <summary>Ends the node, and looks for what it has left.</summary>
    internal async Task EndAsync()
    {
        IReadOnlyList<LiveProcess> children = LiveProcesses.ChildrenOf(world.Node.ProcessId);
        ProcessExit exit = await world.Node.StopAsync();
        if (exit.Code != 0)
        {
            world.Tally.Violate($"The node ended with {exit}: {string.Join('\n', world.Node.Lines.TakeLast(20))}");
        }

        world.Tally.ViolateEach(await _leftovers.AtEndAsync(children));
    }

    /// <returns>The first that are not as they should be, in an order in which one follows from the other.</returns>
    private async Task<IReadOnlyList<string>> FaultsAsync()
    {
        // Each time anew: who waits no longer for the answer to a deploy may have been heard all the same.
        IReadOnlyList<string> faults = await StopAllAsync();
        faults = faults.Count > 0 ? faults : world.Book.Owed();
        faults = faults.Count > 0 ? faults : _leftovers.AtRest(world.Options.PoolSize);
        return faults.Count > 0 ? faults : (await NodeMetrics.OfAsync(world.Node)).Faults(world.Options.PoolSize);
    }

    /// <returns>What there was to stop.</returns>
    private async Task<IReadOnlyList<string>> StopAllAsync()
    {
        if (await world.ListAsync() is not { } machines)
        {
            return ["The node did not answer."];
        }

        await Task.WhenAll(machines.Select(machine => world.StopAsync(machine.Id, machine.Workload.Name)));
        return [.. machines.Select(machine => $"{machine.Workload.Name} runs.")];
    }
}
