using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Nex.Chaos.Faults;
using Nex.Chaos.World;
using Nex.Linux.Processes;
using Nex.Testing.Processes;

namespace Nex.Chaos.Checks;

/// <summary>
/// Agents as they are seen from outside, throughout. Each serves one workload in its life: whose processes are below it is looked at, which cannot be
/// seen in a machine. And none is given out that is dead.
/// </summary>
internal sealed partial class AgentWatch(ChaosWorld world)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    // A node that stands still for a moment, or has no processor, cannot have noticed.
    private static readonly TimeSpan TimeToNotice = TimeSpan.FromSeconds(6);

    private readonly Dictionary<ProcessIdentity, string> _served = [];
    private readonly ConcurrentDictionary<string, DateTimeOffset> _seen = new(StringComparer.Ordinal);

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

    /// <summary>Judges a refusal: an agent may die while it is given out, and not before that.</summary>
    internal void Judge(string refusal, DateTimeOffset asked)
    {
        if (Ended().Match(refusal) is { Success: true } match
            && _seen.TryGetValue(match.Groups[1].Value, out DateTimeOffset last) && last + TimeToNotice < asked)
        {
            world.Tally.Violate($"A dead agent was given out: last seen at {last:HH:mm:ss.fff}, asked for at {asked:HH:mm:ss.fff}: {refusal}");
        }
    }

    private void Look()
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        var all = LiveProcesses.DescendantsOf(world.Node.ProcessId).ToDictionary(process => process.Id);
        foreach (LiveProcess process in all.Values)
        {
            if (Hosts.IsHost(process) && Id().Match(string.Join(' ', process.Arguments)) is { Success: true } id)
            {
                _seen[id.Value] = now;
            }

            if (ChaosWorld.WorkloadOf(process.Id) is { } workload && AgentOf(process, all) is { } agent
                && !_served.TryAdd(agent, workload) && _served[agent] != workload)
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

    /// <summary>An agent's, in the arguments of what it runs in.</summary>
    [GeneratedRegex(@"\b[0-9a-z]{26}\b")]
    private static partial Regex Id();

    /// <summary>What a node says whose agent ended between being taken and running the program.</summary>
    [GeneratedRegex(@"\bAgent ([0-9a-z]{26}) ended before\b")]
    private static partial Regex Ended();
}
