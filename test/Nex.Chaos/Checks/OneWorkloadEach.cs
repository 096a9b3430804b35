using Nex.Chaos.Faults;
using Nex.Chaos.World;
using Nex.Linux.Processes;
using Nex.Testing.Processes;

namespace Nex.Chaos.Checks;

/// <summary>An agent serves one workload in its life. Looked at from outside: whose processes are below it. In a machine that cannot be seen.</summary>
internal sealed class OneWorkloadEach(ChaosWorld world)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<ProcessIdentity, string> _served = [];

    internal async Task WatchAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Interval, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation))
            {
                Look();
            }
        }
        catch (OperationCanceledException)
        {
            // The round is over.
        }
    }

    private void Look()
    {
        var all = LiveProcesses.DescendantsOf(world.Node.ProcessId).ToDictionary(process => process.Id);
        foreach (LiveProcess process in all.Values)
        {
            if (ChaosWorld.WorkloadOf(process.Id) is not { } workload || AgentOf(process, all) is not { } agent)
            {
                continue;
            }

            if (!_served.TryAdd(agent, workload) && _served[agent] != workload)
            {
                world.Tally.Violate($"The agent {agent.ProcessId} served {_served[agent]}, and then {workload}.");
            }
        }
    }

    private static ProcessIdentity? AgentOf(LiveProcess process, Dictionary<int, LiveProcess> all)
    {
        while (!Hosts.IsAgent(process))
        {
            if (!all.TryGetValue(process.Stat.ParentId, out LiveProcess? parent))
            {
                return null;
            }

            process = parent;
        }

        return process.Identity;
    }
}
