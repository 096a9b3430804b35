using Nex.Chaos.World;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.Testing.Processes;

namespace Nex.Chaos.Faults;

/// <summary>Processes below the node that are killed, stand still, or get on only now and then.</summary>
internal sealed class ProcessFaults(ChaosWorld world)
{
    private const int MostMegabytesLeft = 2;
    private static readonly TimeSpan Held = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan Free = TimeSpan.FromMilliseconds(15);

    private readonly Stack<PidFd> _stopped = new();

    internal IEnumerable<Fault> All =>
    [
        new(30, "an agent or its machine killed", (dice, _) => KillAsync(dice, Hosts.Carries)) { Kills = true },
        new(15, "an agent or its machine stopped", (dice, _) => StopAsync(dice, Hosts.Carries)),
        new(10, "an agent or its machine held for a moment", HoldAsync),
        new(8, "a link delayed", DelayAsync),
        new(6, "no more memory for an agent or its machine", StarveAsync),
        new(15, "a process of a workload killed", (dice, _) => KillAsync(dice, Hosts.IsWorkload)) { Kills = true },
        new(8, "a process of a workload stopped", (dice, _) => StopAsync(dice, Hosts.IsWorkload)),
    ];

    /// <summary>At the end of a round: what is stopped and was not found out until then goes on, so that nobody has to wait for that.</summary>
    internal void LetGo()
    {
        while (_stopped.TryPop(out PidFd? process))
        {
            using (process)
            {
                _ = process.TrySignal(Signals.Continue);
            }
        }
    }

    private Task<bool> KillAsync(Random dice, Func<LiveProcess, bool> isTarget)
    {
        using PidFd? target = Targets.Open(world, dice, isTarget);
        return Task.FromResult(target is not null && target.TrySignal(Signals.Kill));
    }

    private Task<bool> StopAsync(Random dice, Func<LiveProcess, bool> isTarget)
    {
        if (Targets.Open(world, dice, isTarget) is not { } target)
        {
            return Task.FromResult(false);
        }

        _stopped.Push(target);
        return Task.FromResult(target.TrySignal(Signals.Stop));
    }

    /// <summary>For as long as it lives.</summary>
    private async Task<bool> StarveAsync(Random dice, CancellationToken cancellation)
    {
        using PidFd? target = Targets.Open(world, dice, Hosts.IsHost);
        long left = dice.NextInt64(MostMegabytesLeft * 1024L * 1024);
        try
        {
            return target is not null && await new ProcessLimit(target.ProcessId, "as").TrySetAsync(ProcessLimit.Mapped(target.ProcessId) + left);
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return false;
        }
    }

    /// <summary>As on a busy host.</summary>
    private async Task<bool> HoldAsync(Random dice, CancellationToken cancellation)
    {
        using PidFd? target = Targets.Open(world, dice, Hosts.Carries);
        return target is not null && target.TrySignal(Signals.Stop)
            && await Moment.ForAsync(Moment.Of(dice, 0, 500), () => Task.FromResult(target.TrySignal(Signals.Continue)), cancellation);
    }

    /// <summary>The far end of a link takes and gives something only now and then, so that each message waits: there is no place between the two ends to hold it up.</summary>
    private async Task<bool> DelayAsync(Random dice, CancellationToken cancellation)
    {
        using PidFd? target = Targets.Open(world, dice, Hosts.IsHost);
        int times = dice.Next(5, 30);
        while (target is not null && times-- > 0 && target.TrySignal(Signals.Stop))
        {
            _ = await Moment.ForAsync(Held, () => Task.FromResult(target.TrySignal(Signals.Continue)), cancellation);
            await Task.Delay(Free, TimeProvider.System, cancellation);
        }

        return target is not null;
    }
}
