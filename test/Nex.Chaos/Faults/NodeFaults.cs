using Nex.Chaos.World;
using Nex.Linux;

namespace Nex.Chaos.Faults;

/// <summary>The node itself: killed, held, and without files, memory or disk.</summary>
internal sealed class NodeFaults(ChaosWorld world)
{
    private const int LongestMoment = 3000;
    private const int MostMegabytesLeft = 8;

    /// <summary>How long a program takes at most that ends for lack of memory: it says so first, and has to be dumped.</summary>
    private static readonly TimeSpan Dying = TimeSpan.FromSeconds(3);

    internal IEnumerable<Fault> All
    {
        get
        {
            yield return new(3, "the node killed and started again", (_, _) => KillAsync()) { MayLose = true, Kills = true, EndsNode = true };
            yield return new(3, "the node held for a moment", HoldAsync);
            yield return new(4, "no more open files for the node", WithoutFilesAsync);
            yield return new(4, "no more memory for the node", WithoutMemoryAsync) { MayLose = true, EndsNode = true };
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
        int node = world.Node.ProcessId;
        var limit = new ProcessLimit(node, "nofile");
        return await limit.TrySetAsync(Directory.GetFiles($"/proc/{node}/fd").Length + dice.Next(3))
            && await Moment.ForAsync(Moment.Of(dice, 200, LongestMoment), limit.ResetAsync, cancellation);
    }

    /// <summary>
    /// What it has mapped it keeps, and what it has reserved it may use; it gets next to nothing more. The runtime ends a program that cannot start
    /// a thread: then it is started again, as whoever looks after it would.
    /// </summary>
    private async Task<bool> WithoutMemoryAsync(Random dice, CancellationToken cancellation)
    {
        using IDisposable hindrance = world.Disturbance.Begin(Loss.AnswersAndEvents);
        int node = world.Node.ProcessId;
        var limit = new ProcessLimit(node, "as");
        if (!await limit.TrySetAsync(ProcessLimit.Mapped(node) + dice.NextInt64(MostMegabytesLeft * 1024L * 1024)))
        {
            return false;
        }

        await Task.WhenAny(world.Node.Exited, Task.Delay(Moment.Of(dice, 200, LongestMoment), TimeProvider.System, cancellation));
        await limit.ResetAsync();
        await Task.WhenAny(world.Node.Exited, Task.Delay(Dying, TimeProvider.System, cancellation));
        if (world.Node.Exited.IsCompleted)
        {
            world.Tally.Add(Section.Faults, "a node that ended for lack of memory started again");
            await world.Node.KillAsync();
            await world.Node.StartAsync();
        }

        await world.WaitForNodeAsync();
        return true;
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
