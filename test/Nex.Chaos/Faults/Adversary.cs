using Nex.Chaos.World;

namespace Nex.Chaos.Faults;

/// <summary>Breaks one thing after the other, as its seed tells.</summary>
internal sealed class Adversary
{
    private const int LongestPause = 800;

    private readonly ChaosWorld _world;
    private readonly Random _random;
    private readonly NodeFaults _node;
    private readonly Fault[] _faults;

    internal Adversary(ChaosWorld world)
    {
        _world = world;
        _random = new Random(world.Options.Seed);
        _node = new NodeFaults(world, _random);
        _faults = [.. new ProcessFaults(world, _random).All, .. new LinkFaults(world, _random).All, .. new NatsFaults(world, _random).All, .. _node.All];
    }

    internal async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(LongestPause)), TimeProvider.System, cancellation);
                Fault fault = Choose();
                _world.Trace(fault.Name);
                if (await fault.DoAsync(cancellation))
                {
                    _world.Tally.AddFault(fault.Name);
                }

                await _node.EndLameDuckAsync();
            }
        }
        catch (OperationCanceledException)
        {
            await _node.EndLameDuckAsync();
        }
    }

    private Fault Choose()
    {
        int at = _random.Next(_faults.Sum(fault => fault.Weight));
        return _faults.First(fault => (at -= fault.Weight) < 0);
    }
}
