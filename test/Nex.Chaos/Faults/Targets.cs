using Nex.Chaos.World;
using Nex.Linux.Processes;
using Nex.Testing.Processes;

namespace Nex.Chaos.Faults;

/// <summary>Finds somebody to harm.</summary>
internal static class Targets
{
    internal static LiveProcess? Pick(ChaosWorld world, Random random, Func<LiveProcess, bool> isTarget)
    {
        LiveProcess[] targets = [.. LiveProcesses.DescendantsOf(world.Node.ProcessId).Where(isTarget)];
        return targets.Length == 0 ? null : targets[random.Next(targets.Length)];
    }

    /// <returns>Null when it has ended meanwhile, and perhaps another has its number.</returns>
    internal static PidFd? Open(LiveProcess target)
    {
        var descriptor = PidFd.TryOpen(target.Id);
        if (target.Identity.IsAlive)
        {
            return descriptor;
        }

        descriptor?.Dispose();
        return null;
    }
}
