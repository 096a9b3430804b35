using Nex.Linux;
using Nex.Protocol.Workloads;

namespace Nex.ProcessManager.Cgroups;

/// <summary>The cgroup of one agent: it holds every process that came of it, whatever session or parent those have.</summary>
internal sealed class AgentCgroup(string path, IReadOnlySet<string> controllers)
{
    private const int CpuPeriodMicroseconds = 100_000;
    private static readonly TimeSpan EmptyTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    internal void Create() => Directory.CreateDirectory(path);

    /// <summary>Moves a process into it, and with that all that it will start.</summary>
    /// <returns>False when the process has ended.</returns>
    internal bool TryAdd(int processId)
    {
        try
        {
            File.WriteAllText(Path.Combine(path, "cgroup.procs"), processId.ToString());
            return true;
        }
        catch (IOException failure) when (failure.HResult == Errno.NoProcess)
        {
            return false;
        }
    }

    /// <summary>The controllers that limits need.</summary>
    internal static IEnumerable<string> Needed(WorkloadLimits limits)
    {
        (bool Wanted, string Controller)[] all =
            [(limits.MemoryBytes is not null, "memory"), (limits.Cpus is not null, "cpu"), (limits.Pids is not null, "pids")];
        return all.Where(need => need.Wanted).Select(need => need.Controller);
    }

    internal bool CanApplyAny(WorkloadLimits limits) => Needed(limits).Any(controllers.Contains);

    /// <summary>Applies those limits that are given and that its controllers can apply.</summary>
    internal void Apply(WorkloadLimits limits)
    {
        if (limits.MemoryBytes is { } memory && controllers.Contains("memory"))
        {
            Write("memory.max", memory.ToString());
            TryWrite("memory.swap.max", "0");
        }

        if (limits.Cpus is { } cpus && controllers.Contains("cpu"))
        {
            Write("cpu.max", $"{(long)Math.Max(1000, cpus * CpuPeriodMicroseconds)} {CpuPeriodMicroseconds}");
        }

        if (limits.Pids is { } pids && controllers.Contains("pids"))
        {
            Write("pids.max", pids.ToString());
        }
    }

    /// <summary>Kills every process in it at once; none can fork away meanwhile.</summary>
    internal void Kill()
    {
        try
        {
            // Kernels before 5.14 do not have the file; the session of the agent is then all that can be killed.
            TryWrite("cgroup.kill", "1");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // It is just being removed, by another manager that has found the same leftovers. Were it anything else, its removal would say so.
        }
    }

    /// <summary>Kills what is in it, waits until nothing is, and removes it.</summary>
    internal void KillAndRemove()
    {
        if (Directory.Exists(path))
        {
            Kill();
            RemoveEmpty(path);
        }
    }

    /// <summary>Removes a cgroup, with those that were made below it, once the processes in it, which end, have ended.</summary>
    internal static void RemoveEmpty(string path)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (Directory.Exists(path))
        {
            try
            {
                foreach (string below in Directory.GetDirectories(path))
                {
                    RemoveEmpty(below);
                }

                Directory.Delete(path);
            }
            catch (DirectoryNotFoundException)
            {
                // Another manager, which has found the same leftovers, was faster.
            }
            catch (IOException) when (TimeProvider.System.GetElapsedTime(start) < EmptyTimeout)
            {
                WaitUntilEmpty(path);
            }
        }
    }

    /// <summary>The kernel reports a change of <c>cgroup.events</c> as an exceptional condition.</summary>
    private static void WaitUntilEmpty(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(Path.Combine(path, "cgroup.events"));
            using var reader = new StreamReader(file);
            // One without processes that is busy all the same, as when somebody makes cgroups in it, does not tell when it no longer is.
            bool tells = reader.ReadToEnd().Contains("populated 1", StringComparison.Ordinal);
            Poller.Wait([new PollEntry(file.SafeFileHandle, PollEvents.Priority)], tells ? LongestWait : Pause);
        }
        catch (IOException)
        {
            // It has just been removed, which the caller finds out.
        }
    }

    private void Write(string file, string value) => File.WriteAllText(Path.Combine(path, file), value);

    private void TryWrite(string file, string value)
    {
        string target = Path.Combine(path, file);
        if (File.Exists(target))
        {
            Write(file, value);
        }
    }
}
