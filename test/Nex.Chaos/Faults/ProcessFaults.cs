using Nex.Chaos.World;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.Testing.Processes;

namespace Nex.Chaos.Faults;

/// <summary>Processes below the node that are killed, or stand still.</summary>
internal sealed class ProcessFaults(ChaosWorld world, Random random)
{
    internal IEnumerable<Fault> All =>
    [
        new(30, "an agent or its machine killed", _ => SignalAsync(Hosts.Carries, Signals.Kill)),
        new(15, "an agent or its machine stopped for good", _ => SignalAsync(Hosts.Carries, Signals.Stop)),
        new(10, "an agent or its machine held for a moment", HoldAsync),
        new(15, "a process of a workload killed", _ => SignalAsync(Hosts.IsWorkload, Signals.Kill)),
        new(8, "a process of a workload stopped for good", _ => SignalAsync(Hosts.IsWorkload, Signals.Stop)),
    ];

    private Task<bool> SignalAsync(Func<LiveProcess, bool> isTarget, int signal)
    {
        using PidFd? target = Open(isTarget);
        return Task.FromResult(target is not null && target.TrySignal(signal));
    }

    /// <summary>As on a busy host.</summary>
    private async Task<bool> HoldAsync(CancellationToken cancellation)
    {
        using PidFd? target = Open(Hosts.Carries);
        if (target is null || !target.TrySignal(Signals.Stop))
        {
            return false;
        }

        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(500)), TimeProvider.System, cancellation);
            return true;
        }
        finally
        {
            _ = target.TrySignal(Signals.Continue);
        }
    }

    private PidFd? Open(Func<LiveProcess, bool> isTarget) => Targets.Pick(world, random, isTarget) is { } target ? Targets.Open(target) : null;
}
