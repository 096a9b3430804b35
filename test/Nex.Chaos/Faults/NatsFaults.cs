using Nex.Chaos.World;
using Nex.Linux;

namespace Nex.Chaos.Faults;

/// <summary>The NATS server that dies or stands still, and the way there that is cut, slow, or says what is no NATS.</summary>
internal sealed class NatsFaults(ChaosWorld world, Random random)
{
    internal IEnumerable<Fault> All =>
    [
        new(3, "the NATS server killed and started again", _ => RestartAsync()),
        new(3, "the NATS server held for a moment", HoldAsync),
        new(3, "the node's connection to NATS cut", _ => OnWay(world.Way.Cut)),
        new(3, "noise on the node's connection to NATS", _ => OnWay(() => world.Way.SendNoise(random.Next()))),
        new(4, "a slow connection to NATS", DelayAsync),
    ];

    private async Task<bool> RestartAsync()
    {
        using IDisposable hindrance = world.Disturbance.Begin();
        await world.Nats.RestartAsync();
        await world.WaitForNodeAsync();
        return true;
    }

    private async Task<bool> HoldAsync(CancellationToken cancellation)
    {
        using IDisposable hindrance = world.Disturbance.Begin();
        _ = world.Nats.Program.Signal(Signals.Stop);
        try
        {
            await MomentAsync(cancellation);
            return true;
        }
        finally
        {
            _ = world.Nats.Program.Signal(Signals.Continue);
        }
    }

    private async Task<bool> OnWay(Action harm)
    {
        using IDisposable hindrance = world.Disturbance.Begin();
        harm();
        await world.WaitForNodeAsync();
        return true;
    }

    private async Task<bool> DelayAsync(CancellationToken cancellation)
    {
        world.Way.Delay = TimeSpan.FromMilliseconds(random.Next(20, 200));
        try
        {
            await MomentAsync(cancellation);
            return true;
        }
        finally
        {
            world.Way.Delay = TimeSpan.Zero;
        }
    }

    private Task MomentAsync(CancellationToken cancellation) => Task.Delay(TimeSpan.FromMilliseconds(random.Next(3000)), TimeProvider.System, cancellation);
}
