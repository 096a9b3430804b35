using Nex.Chaos.Faults;
using Nex.Chaos.World;
using Nex.Control.Messages;
using Nex.Linux.Processes;
using Nex.Testing.Processes;

namespace Nex.Chaos.Checks;

/// <summary>What must be true when nobody does anything any more: first of the node, and then of the host when the node has ended.</summary>
internal sealed class Rest(ChaosWorld world)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>Stops every workload, and waits until the pool is what it should be and the node's own counts say so.</summary>
    internal async Task<Footprint> ReachAsync()
    {
        int size = world.Options.PoolSize;
        await UntilAsync("every workload has ended", StopAllAsync, () => Task.FromResult<IEnumerable<string>>([]));
        // What is stopped for good is found out and replaced by then.
        await UntilAsync(
            $"{size} agents are there, and no more", () => Task.FromResult(Footprint.AgentsOf(world.Node) == size), () => Task.FromResult<IEnumerable<string>>([$"{Footprint.AgentsOf(world.Node)} are"]));
        await UntilAsync("the node's counts balance", async () => !(await FaultsAsync()).Any(), FaultsAsync);
        return Footprint.Of(world.Node);
    }

    /// <summary>Ends the node, and looks for what it has left.</summary>
    internal async Task EndAsync()
    {
        string run = world.Node.RunDirectory;
        IReadOnlyList<LiveProcess> below = LiveProcesses.DescendantsOf(world.Node.ProcessId);
        ProcessExit exit = await world.Node.StopAsync();
        if (exit.Code != 0)
        {
            world.Tally.Violate($"The node ended with {exit}: {string.Join('\n', world.Node.Lines.TakeLast(20))}");
        }

        // A node waits for its machines, and the kernel has just killed what emulated one for a stand-in.
        await LiveProcesses.EndAsync(OfWorld().Where(Hosts.IsGuestOfStandin).Select(process => process.Identity));
        IEnumerable<LiveProcess> left = OfWorld().Concat(below.Where(process => process.Identity.IsAlive)).DistinctBy(process => process.Identity);
        world.Tally.ViolateEach(left.Select(process => $"This process is left: {process}"));
        IEnumerable<int> workloads = ProcessStat.ReadAll().Select(stat => stat.ProcessId).Where(pid => ChaosWorld.WorkloadOf(pid) is not null);
        world.Tally.ViolateEach(workloads.Select(pid => $"This process of {ChaosWorld.WorkloadOf(pid)} is left: {pid}"));
        world.Tally.ViolateEach(Directory.EnumerateFileSystemEntries(run).Select(entry => $"This is left in the run directory: {entry}"));
    }

    /// <summary>What has the name of this world in its arguments or works in its directory: also what has lost the parent that started it.</summary>
    private IEnumerable<LiveProcess> OfWorld() => LiveProcesses.With("")
        .Where(process => process.Id != world.Nats.Program.ProcessId)
        .Where(process => process.Arguments.Append(WorkingDirectory(process.Id)).Any(text => text.Contains(world.Marker, StringComparison.Ordinal)));

    private static string WorkingDirectory(int pid)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/cwd").LinkTarget ?? "";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private async Task<IEnumerable<string>> FaultsAsync() => (await NodeMetrics.OfAsync(world.Node)).Faults(world.Options.PoolSize);

    /// <returns>Whether there was nothing to stop.</returns>
    private async Task<bool> StopAllAsync()
    {
        IReadOnlyList<MachineSummary>? machines = await world.ListAsync();
        await Task.WhenAll((machines ?? []).Select(machine => world.StopAsync(machine.Id, machine.Workload.Name)));
        return machines is { Count: 0 };
    }

    private async Task UntilAsync(string what, Func<Task<bool>> isSo, Func<Task<IEnumerable<string>>> why)
    {
        world.Trace($"wait until {what}");
        long begun = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            if (TimeProvider.System.GetElapsedTime(begun) > Patience)
            {
                world.Tally.Violate($"It was not reached within {Patience.TotalSeconds} s that {what}: {string.Join(' ', await why())}");
                return;
            }

            world.Trace($"it is not yet so that {what}: {string.Join(' ', await why())}");
            await Task.Delay(Interval, TimeProvider.System, CancellationToken.None);
        }
    }
}
