using Nex.Chaos.World;
using Nex.Linux.Processes;
using Nex.Testing.Processes;

namespace Nex.Chaos.Checks;

/// <summary>What must be true when nobody does anything any more: first of the node, and then of the host when the node has ended.</summary>
internal sealed class Rest(ChaosWorld world)
{
    // For all of it. What hangs is found out and replaced by then.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly Leftovers _leftovers = new(world);

    /// <summary>Stops every workload, and waits until all are told to have ended, the pool is what it should be, and the node's own counts say so.</summary>
    /// <exception cref="TimeoutException">It does not come to that.</exception>
    internal async Task<Footprint> ReachAsync()
    {
        long begun = TimeProvider.System.GetTimestamp();
        await world.Disturbance.Recovered;
        await UntilAsync(begun, "every workload has ended", StopAllAsync);
        await UntilAsync(begun, "every end of a workload has been told", () => Task.FromResult(world.Book.Owed()));
        await UntilAsync(begun, "what there is on the host is what should be", () => Task.FromResult(_leftovers.AtRest(world.Options.PoolSize)));
        await UntilAsync(begun, "the node's counts balance", async () => (await NodeMetrics.OfAsync(world.Node)).Faults(world.Options.PoolSize));
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

    private async Task UntilAsync(long begun, string what, Func<Task<IReadOnlyList<string>>> findFaults)
    {
        world.Trace($"wait until {what}");
        while (await findFaults() is { Count: > 0 } faults)
        {
            string all = string.Join(' ', faults);
            if (TimeProvider.System.GetElapsedTime(begun) > Patience)
            {
                throw new TimeoutException($"It was not reached within {Patience.TotalSeconds} s that {what}: {all}");
            }

            world.Trace($"it is not yet so that {what}: {all}");
            await Task.Delay(Interval, TimeProvider.System, CancellationToken.None);
        }
    }
}
