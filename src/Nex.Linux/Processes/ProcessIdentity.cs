using System.Globalization;

namespace Nex.Linux.Processes;

/// <summary>One process, for ever: a process id is used again, together with its start time it is not.</summary>
internal readonly record struct ProcessIdentity(int ProcessId, long StartTime)
{
    internal static ProcessIdentity Current =>
        TryGet(Environment.ProcessId) ?? throw new IOException("/proc/self/stat cannot be read: is /proc mounted?");

    /// <returns>Null when there is no such process.</returns>
    internal static ProcessIdentity? TryGet(int pid) =>
        ProcessStat.TryRead(pid) is { } stat ? new ProcessIdentity(pid, stat.StartTime) : null;

    /// <summary>Whether this very process still runs; a zombie does not.</summary>
    internal bool IsAlive => ProcessStat.TryRead(ProcessId) is { IsZombie: false } stat && stat.StartTime == StartTime;

    /// <summary>Ends it by SIGKILL if it still is this process.</summary>
    /// <returns>False when it had ended.</returns>
    internal bool TryKill()
    {
        // Opened first and compared then: a number that was taken over in between is noticed, and the descriptor cannot change its meaning.
        using PidFd? process = PidFd.TryOpen(ProcessId);
        return process is not null && IsAlive && process.TrySignal(Signals.Kill);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{ProcessId} {StartTime}");

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    internal static bool TryParse(string text, out ProcessIdentity identity)
    {
        string[] parts = text.Split(' ', StringSplitOptions.TrimEntries);
        if (parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long startTime))
        {
            identity = new ProcessIdentity(pid, startTime);
            return true;
        }

        identity = default;
        return false;
    }
}
