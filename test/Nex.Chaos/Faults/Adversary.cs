using Nex.Chaos.World;

namespace Nex.Chaos.Faults;

/// <summary>Breaks one thing after the other, as its dice tell.</summary>
internal sealed class Adversary
{
    private const int LongestPause = 800;

    private readonly ChaosWorld _world;
    private readonly ProcessFaults _processes;
    private readonly NodeFaults _node;
    private readonly Fault[] _faults;

    internal Adversary(ChaosWorld world)
    {
        _world = world;
        _processes = new ProcessFaults(world);
        _node = new NodeFaults(world);
        _faults = [.. _processes.All, .. new LinkFaults(world).All, .. new NatsFaults(world).All, .. _node.All];
    }

    internal async Task RunAsync(Round round, CancellationToken cancellation)
    {
        Fault[] faults = [.. _faults.Where(fault => fault.IsFor(round))];
        try
        {
            for (int step = 0; ; step++)
            {
                Random dice = Dice.For(_world.Options.Seed, "adversary", round, step);
                await Task.Delay(TimeSpan.FromMilliseconds(dice.Next(LongestPause)), TimeProvider.System, cancellation);
                _world.ThrowIfNodeEnded();
                Fault fault = Choose(faults, dice);
                _world.Trace(fault.Name);
                if (await fault.DoAsync(dice, cancellation))
                {
                    _world.Tally.AddFault(fault);
                }

                await EndLameDuckAsync();
            }
        }
        catch (OperationCanceledException)
        {
            _processes.LetGo();
        }
    }

    /// <summary>A node that takes no new workloads is as good as one that was stopped: somebody starts it again.</summary>
    internal Task EndLameDuckAsync() => _node.EndLameDuckAsync();

    private static Fault Choose(IReadOnlyList<Fault> faults, Random dice)
    {
        int at = dice.Next(faults.Sum(fault => fault.Weight));
        return faults.First(fault => (at -= fault.Weight) < 0);
    }
}
