using Nex.Chaos.World;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.Testing.Processes;

namespace Nex.Chaos.Faults;

/// <summary>Kills and stops what it finds, without end: agents, workloads, machines, the NATS server and the node itself; and takes the disk away.</summary>
internal sealed class Adversary(ChaosWorld world, int seed)
{
    private readonly Random _random = new(seed);

    internal async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(100, 1000)), TimeProvider.System, cancellation);
                await StrikeAsync(cancellation);
                if (world.LameDuck.Task.IsCompleted)
                {
                    await RestartNodeAsync("restarts of a node in lame duck mode", kill: false);
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private Task StrikeAsync(CancellationToken cancellation) => _random.Next(100) switch
    {
        < 35 => SignalAsync("agents or machines killed", IsAgent, Signals.Kill),
        < 55 => SignalAsync("agents or machines stopped for good", IsAgent, Signals.Stop),
        < 65 => HoldAsync(cancellation),
        < 85 => SignalAsync("processes of workloads killed", IsWorkload, Signals.Kill),
        < 92 => RestartNatsAsync(),
        < 95 => HoldNatsAsync(cancellation),
        _ => RestartNodeAsync("nodes killed", kill: true),
    };

    private Task SignalAsync(string what, Func<LiveProcess, bool> isTarget, int signal)
    {
        if (Pick(isTarget) is { } target)
        {
            using PidFd? descriptor = PidFd.TryOpen(target.Id);
            // It may have ended meanwhile, and another have its number.
            if (descriptor is not null && target.Identity.IsAlive && descriptor.TrySignal(signal))
            {
                world.Tally.Add(what);
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>An agent that stands still for a moment, as on a busy host, and goes on.</summary>
    private async Task HoldAsync(CancellationToken cancellation)
    {
        if (Pick(IsAgent) is not { } target)
        {
            return;
        }

        using PidFd? descriptor = PidFd.TryOpen(target.Id);
        if (descriptor is null || !target.Identity.IsAlive || !descriptor.TrySignal(Signals.Stop))
        {
            return;
        }

        world.Tally.Add("agents or machines held for a moment");
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(500)), TimeProvider.System, cancellation);
        }
        finally
        {
            _ = descriptor.TrySignal(Signals.Continue);
        }
    }

    private async Task RestartNatsAsync()
    {
        using IDisposable hindrance = world.Disturbance.Begin();
        world.Tally.Add("NATS servers killed");
        await world.Nats.RestartAsync();
        await world.WaitForNodeAsync();
    }

    private async Task HoldNatsAsync(CancellationToken cancellation)
    {
        using IDisposable hindrance = world.Disturbance.Begin();
        world.Tally.Add("NATS servers held for a moment");
        _ = world.Nats.Program.Signal(Signals.Stop);
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(3000)), TimeProvider.System, cancellation);
        }
        finally
        {
            _ = world.Nats.Program.Signal(Signals.Continue);
        }
    }

    private async Task RestartNodeAsync(string what, bool kill)
    {
        using IDisposable hindrance = world.Disturbance.Begin();
        world.Tally.Add(what);
        await (kill ? world.Node.KillAsync() : world.Node.StopAsync());
        await world.Node.StartAsync();
        await world.WaitForNodeAsync();
        world.LameDuck = ChaosWorld.NewSignal();
    }

    private LiveProcess? Pick(Func<LiveProcess, bool> isTarget)
    {
        LiveProcess[] targets = [.. LiveProcesses.DescendantsOf(world.Node.ProcessId).Where(isTarget)];
        return targets.Length == 0 ? null : targets[_random.Next(targets.Length)];
    }

    private static bool IsAgent(LiveProcess process) => Hosts.IsAgent(process) || Hosts.IsMachine(process);

    private static bool IsWorkload(LiveProcess process) => !Hosts.IsAgent(process) && !Hosts.IsMachine(process) && !Hosts.IsAround(process);
}
