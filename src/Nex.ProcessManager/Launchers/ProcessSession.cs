using Nex.Linux;
using Nex.Linux.Processes;

namespace Nex.ProcessManager.Launchers;

/// <summary>
/// The session that an agent's process made for itself when it was started. Everything it starts belongs to it, but for what makes a session
/// of its own; that is found by a cgroup, or ends with the namespace.
/// </summary>
internal static class ProcessSession
{
    /// <summary>A killed process ends at once, unless the kernel holds it in a call that cannot be interrupted.</summary>
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Kills the leader and every member, and those that they started meanwhile.</summary>
    /// <returns>How many processes were killed.</returns>
    internal static int Kill(ProcessIdentity leader)
    {
        int killed = TryKill(leader) ? 1 : 0;
        int found;
        do
        {
            // A number stays taken as long as a session of that number has members. If another process has it now, our session is gone.
            if (ProcessIdentity.TryGet(leader.ProcessId) is { } now && now != leader)
            {
                return killed;
            }

            found = Members(leader).Count(TryKill);
            killed += found;
        }
        while (found > 0);

        return killed;
    }

    /// <returns>Whether it was alive and has ended.</returns>
    private static bool TryKill(ProcessIdentity identity)
    {
        using PidFd? process = PidFd.TryOpen(identity.ProcessId);
        if (process is null || !identity.IsAlive || !process.TrySignal(Signals.Kill))
        {
            return false;
        }

        return HasEnded(process);
    }

    private static bool HasEnded(PidFd process)
    {
        long begun = TimeProvider.System.GetTimestamp();
        TimeSpan left = EndTimeout;
        while (left > TimeSpan.Zero)
        {
            if (Poller.Wait([new PollEntry(process.Descriptor, PollEvents.Readable)], left) > 0)
            {
                return true;
            }

            // A signal may have interrupted the wait, as when the runtime collects garbage.
            left = EndTimeout - TimeProvider.System.GetElapsedTime(begun);
        }

        return false;
    }

    private static ProcessIdentity[] Members(ProcessIdentity leader) =>
    [
        .. ProcessStat.ReadAll()
            .Where(stat => stat.Session == leader.ProcessId && stat.ProcessId != leader.ProcessId && !stat.IsZombie)
            .Select(stat => new ProcessIdentity(stat.ProcessId, stat.StartTime)),
    ];
}
