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

    /// <summary>Kills what is left of a session of which a manager that is gone has written down the leader.</summary>
    /// <param name="instance">The name of that manager's directory and cgroup.</param>
    /// <returns>How many processes were killed.</returns>
    internal static int KillLeft(ProcessIdentity leader, string instance)
    {
        // Where the leader is gone, its whole session may be, and its number that of a daemon which has let its own leader end.
        bool isOurs = leader.IsAlive || Members(leader).Any(member => IsOf(member.ProcessId, instance));
        return isOurs ? Kill(leader) : 0;
    }

    /// <summary>Kills the leader and every member, and those that they started meanwhile.</summary>
    /// <param name="leader">One that runs, or has only just ended.</param>
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

    /// <summary>Whether its program, its working directory or its cgroup is one of an instance.</summary>
    private static bool IsOf(int processId, string instance)
    {
        string process = $"/proc/{processId}";
        try
        {
            string?[] places =
                [new FileInfo($"{process}/exe").LinkTarget, new FileInfo($"{process}/cwd").LinkTarget, File.ReadAllText($"{process}/cgroup")];
            return places.Any(place => place?.Contains($"/{instance}/", StringComparison.Ordinal) == true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is none that this user may look at.
            return false;
        }
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
