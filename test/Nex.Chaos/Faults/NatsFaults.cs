using Nex.Chaos.World;
using Nex.Linux;

namespace Nex.Chaos.Faults;

/// <summary>The NATS server that dies or stands still, and the way there that is cut, slow, or says what is no NATS.</summary>
internal sealed class NatsFaults(ChaosWorld world)
{
    internal IEnumerable<Fault> All =>
    [
        new(3, "the NATS server killed and started again", (_, _) => RestartAsync()) { MayLose = true, Kills = true },
        new(3, "the node's connection to NATS cut", (_, _) => OnWayAsync(world.Way.Cut)) { MayLose = true },
        new(3, "noise on the node's connection to NATS", (dice, _) => OnWayAsync(() => world.Way.SendNoise(dice))) { MayLose = true },
        new(3, "the NATS server held for a moment", HoldAsync),
        new(4, "a slow connection to NATS", DelayAsync),
    ];

    /// <summary>Who listens to events has lost the connection too.</summary>
    private async Task<bool> RestartAsync()
    {
        using IDisposable hindrance = world.Disturbance.Begin(Loss.AnswersAndEvents);
        await world.Nats.RestartAsync();
        await world.WaitForNodeAsync();
        return true;
    }

    /// <summary>A request may not arrive, and so have no answer. Events are sent again.</summary>
    private async Task<bool> OnWayAsync(Action harm)
    {
        using IDisposable hindrance = world.Disturbance.Begin(Loss.Answers);
        harm();
        await world.WaitForNodeAsync();
        return true;
    }

    private Task<bool> HoldAsync(Random dice, CancellationToken cancellation)
    {
        _ = world.Nats.Program.Signal(Signals.Stop);
        return Moment.ForAsync(Moment.Of(dice, 0, 3000), () => Task.FromResult(world.Nats.Program.Signal(Signals.Continue)), cancellation);
    }

    private Task<bool> DelayAsync(Random dice, CancellationToken cancellation)
    {
        world.Way.Delay = Moment.Of(dice, 20, 200);
        return Moment.ForAsync(
            Moment.Of(dice, 0, 3000),
            () =>
            {
                world.Way.Delay = TimeSpan.Zero;
                return Task.CompletedTask;
            },
            cancellation);
    }
}
