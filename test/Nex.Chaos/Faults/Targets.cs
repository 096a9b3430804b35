using Nex.Chaos.World;
using Nex.Linux.Processes;
using Nex.Testing.Processes;

namespace Nex.Chaos.Faults;

/// <summary>Finds somebody to harm: whom the dice tell, of those that there are, in the order of their start.</summary>
internal static class Targets
{
    /// <returns>Null where there is none, or it has ended meanwhile, and perhaps another has its number.</returns>
    internal static PidFd? Open(ChaosWorld world, Random dice, Func<LiveProcess, bool> isTarget)
    {
        double place = dice.NextDouble();
        LiveProcess[] all = [.. LiveProcesses.DescendantsOf(world.Node.ProcessId).Where(isTarget).OrderBy(process => process.Stat.StartTime).ThenBy(process => process.Id)];
        if (all.Length == 0)
        {
            return null;
        }

        LiveProcess target = all[(int)(place * all.Length)];
        var descriptor = PidFd.TryOpen(target.Id);
        if (target.Identity.IsAlive)
        {
            return descriptor;
        }

        descriptor?.Dispose();
        return null;
    }
}
