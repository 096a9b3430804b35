using Nex.Chaos.World;
using Nex.Linux;

namespace Nex.Chaos.Faults;

/// <summary>The node itself: killed, held, and without files or disk.</summary>
internal sealed class NodeFaults(ChaosWorld world, Random random)
{
    internal IEnumerable<Fault> All =>
    [
        new(3, "the node killed and started again", _ => KillAsync()),
        new(3, "the node held for a moment", HoldAsync),
        new(4, "no more open files for the node", WithoutFilesAsync),
        new(4, "no space on the node's disk", WithoutDiskAsync),
    ];

    /// <summary>A node that takes no new workloads is as good as one that was stopped: somebody starts it again.</summary>
    internal async Task EndLameDuckAsync()
    {
        if (world.LameDuck.Task.IsCompleted)
        {
            await RestartAsync(world.Node.StopAsync);
            world.LameDuck = ChaosWorld.NewSignal();
            world.Tally.AddFault("a node in lame duck mode stopped and started again");
        }
    }

    private async Task<bool> KillAsync()
    {
        if (!world.MayRestartNode)
        {
            return false;
        }

        await RestartAsync(world.Node.KillAsync);
        return true;
    }

    private async Task RestartAsync(Func<Task> end)
    {
        using IDisposable hindrance = world.Disturbance.Begin();
        await end();
        await world.Node.StartAsync();
        await world.WaitForNodeAsync();
    }

    private async Task<bool> HoldAsync(CancellationToken cancellation)
    {
        _ = world.Node.Signal(Signals.Stop);
        try
        {
            await MomentAsync(cancellation);
            return true;
        }
        finally
        {
            _ = world.Node.Signal(Signals.Continue);
        }
    }

    private async Task<bool> WithoutFilesAsync(CancellationToken cancellation)
    {
        await world.Node.LimitFilesAsync(Directory.GetFiles($"/proc/{world.Node.ProcessId}/fd").Length + random.Next(3));
        try
        {
            await MomentAsync(cancellation);
            return true;
        }
        finally
        {
            await world.Node.LimitFilesAsync(null);
        }
    }

    private async Task<bool> WithoutDiskAsync(CancellationToken cancellation)
    {
        if (world.Disk is null)
        {
            return false;
        }

        world.Disk.Fill();
        try
        {
            await MomentAsync(cancellation);
            return true;
        }
        finally
        {
            world.Disk.Free();
        }
    }

    private Task MomentAsync(CancellationToken cancellation) => Task.Delay(TimeSpan.FromMilliseconds(random.Next(200, 3000)), TimeProvider.System, cancellation);
}
