using Nex.Chaos.World;
using Nex.Linux;

namespace Nex.Chaos.Faults;

/// <summary>The node itself: killed, held, and without files, memory or disk.</summary>
internal sealed class NodeFaults(ChaosWorld world)
{
    private const int LongestMoment = 3000;
    private const int MostMegabytesLeft = 8;

    internal IEnumerable<Fault> All
    {
        get
        {
            yield return new(3, "the node killed and started again", (_, _) => KillAsync()) { MayLose = true, Kills = true, EndsNode = true };
            yield return new(3, "the node held for a moment", HoldAsync);
            yield return new(4, "no more open files for the node", WithoutFilesAsync);
            yield return new(4, "no more memory for the node", WithoutMemoryAsync);
            const string withoutDisk = "no space on the node's disk";
            if (world.Disk is { } disk)
            {
                yield return new(4, withoutDisk, (dice, cancellation) => WithoutDiskAsync(disk, dice, cancellation));
            }
            else
            {
                world.Tally.LeaveOut(withoutDisk, "only root can mount a small disk for it");
            }
        }
    }

    internal async Task EndLameDuckAsync()
    {
        if (world.LameDuck.Task.IsCompleted)
        {
            await RestartAsync(world.Node.StopAsync);
            world.LameDuck = ChaosWorld.NewSignal();
            world.Tally.Add(Section.Faults, "a node in lame duck mode stopped and started again");
        }
    }

    private async Task<bool> KillAsync()
    {
        await RestartAsync(world.Node.KillAsync);
        return true;
    }

    private async Task RestartAsync(Func<Task> end)
    {
        using IDisposable hindrance = world.Disturbance.Begin(Loss.AnswersAndEvents);
        await end();
        await world.Node.StartAsync();
        await world.WaitForNodeAsync();
    }

    private Task<bool> HoldAsync(Random dice, CancellationToken cancellation)
    {
        _ = world.Node.Signal(Signals.Stop);
        return Moment.ForAsync(Moment.Of(dice, 200, LongestMoment), () => Task.FromResult(world.Node.Signal(Signals.Continue)), cancellation);
    }

    private async Task<bool> WithoutFilesAsync(Random dice, CancellationToken cancellation)
    {
        await world.Node.FilesLimit.SetAsync(Directory.GetFiles($"/proc/{world.Node.ProcessId}/fd").Length + dice.Next(3));
        return await Moment.ForAsync(Moment.Of(dice, 200, LongestMoment), world.Node.FilesLimit.ResetAsync, cancellation);
    }

    /// <summary>What it has mapped it keeps, and what it has reserved it may use; it gets next to nothing more. What it starts meanwhile has that limit for life.</summary>
    private async Task<bool> WithoutMemoryAsync(Random dice, CancellationToken cancellation)
    {
        await world.Node.MemoryLimit.SetAsync(world.Node.MappedBytes + dice.NextInt64(MostMegabytesLeft * 1024L * 1024));
        return await Moment.ForAsync(Moment.Of(dice, 200, LongestMoment), world.Node.MemoryLimit.ResetAsync, cancellation);
    }

    private static Task<bool> WithoutDiskAsync(SmallDisk disk, Random dice, CancellationToken cancellation)
    {
        disk.Fill();
        return Moment.ForAsync(
            Moment.Of(dice, 200, LongestMoment),
            () =>
            {
                disk.Free();
                return Task.CompletedTask;
            },
            cancellation);
    }
}
