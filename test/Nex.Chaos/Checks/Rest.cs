using Nex.Chaos.World;
using Nex.Control.Messages;
using Nex.Testing.Processes;

namespace Nex.Chaos.Checks;

/// <summary>What must be true when nobody does anything any more: first of the node, and then of the host when the node has ended.</summary>
internal sealed class Rest(ChaosWorld world)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>Stops every workload, and waits until the pool is what it should be.</summary>
    internal async Task<Footprint> ReachAsync()
    {
        // What is stopped for good was found out and replaced by then.
        await UntilAsync("every workload has ended", StopAllAsync);
        await UntilAsync($"{world.Options.PoolSize} agents are there, and no more", () => Task.FromResult(Footprint.Of(world.Node).Agents == world.Options.PoolSize));
        return Footprint.Of(world.Node);
    }

    /// <summary>Ends the node, and looks for what it has left.</summary>
    internal async Task EndAsync()
    {
        string run = world.Node.RunDirectory;
        var exit = await world.Node.StopAsync();
        if (exit.Code != 0)
        {
            world.Tally.Violate($"The node ended with {exit}: {string.Join('\n', world.Node.Lines.TakeLast(20))}");
        }

        foreach (LiveProcess left in LiveProcesses.With(world.Marker).Where(process => process.Id != world.Nats.Program.ProcessId))
        {
            world.Tally.Violate($"This process is left: {left}");
        }

        foreach (string left in Directory.EnumerateFileSystemEntries(run))
        {
            world.Tally.Violate($"This is left in the run directory: {left}");
        }
    }

    /// <returns>Whether there was nothing to stop.</returns>
    private async Task<bool> StopAllAsync()
    {
        IReadOnlyList<MachineSummary>? machines = await world.ListAsync();
        await Task.WhenAll((machines ?? []).Select(machine => world.StopAsync(machine.Id, machine.Workload.Name)));
        return machines is { Count: 0 };
    }

    private async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        long begun = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            if (TimeProvider.System.GetElapsedTime(begun) > Patience)
            {
                world.Tally.Violate($"It was not reached within {Patience.TotalSeconds} s that {what}.");
                return;
            }

            await Task.Delay(Interval, TimeProvider.System, CancellationToken.None);
        }
    }
}
