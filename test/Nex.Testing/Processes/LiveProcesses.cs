using System.Text;
using Nex.Linux.Processes;
using Nex.Testing.Waiting;

namespace Nex.Testing.Processes;

/// <summary>A process that runs, and its arguments.</summary>
internal sealed record LiveProcess(ProcessStat Stat, IReadOnlyList<string> Arguments)
{
    internal int Id => Stat.ProcessId;

    internal ProcessIdentity Identity => new(Stat.ProcessId, Stat.StartTime);

    public override string ToString() => $"{Id} ({Stat.State}, child of {Stat.ParentId}): {string.Join(' ', Arguments)}";
}

/// <summary>The processes that run now. One that has ended and waits to be reaped does not run: who reaps it may be the host's first process.</summary>
internal static class LiveProcesses
{
    /// <summary>Those with an argument that contains a text.</summary>
    internal static IReadOnlyList<LiveProcess> With(string marker) =>
    [
        .. ProcessStat.ReadAll()
            .Where(stat => !stat.IsZombie && stat.ProcessId != Environment.ProcessId)
            .Select(stat => new LiveProcess(stat, Arguments(stat.ProcessId)))
            .Where(process => process.Arguments.Any(argument => argument.Contains(marker, StringComparison.Ordinal))),
    ];

    /// <summary>The process of an agent itself, without what is around it.</summary>
    internal static LiveProcess Agent(string id) => With(id).Single(process => Path.GetFileName(process.Arguments[0]) == "nex-agent");

    /// <summary>The children of a process.</summary>
    internal static IReadOnlyList<LiveProcess> ChildrenOf(int pid) =>
    [
        .. ProcessStat.ReadAll()
            .Where(stat => !stat.IsZombie && stat.ParentId == pid)
            .Select(stat => new LiveProcess(stat, Arguments(stat.ProcessId))),
    ];

    /// <summary>The children of a process, and theirs, and so on.</summary>
    internal static IReadOnlyList<LiveProcess> DescendantsOf(int pid)
    {
        ILookup<int, ProcessStat> children = ProcessStat.ReadAll().Where(stat => !stat.IsZombie).ToLookup(stat => stat.ParentId);
        var found = new List<ProcessStat>(children[pid]);
        for (int index = 0; index < found.Count; index++)
        {
            found.AddRange(children[found[index].ProcessId]);
        }

        return [.. found.Select(stat => new LiveProcess(stat, Arguments(stat.ProcessId)))];
    }

    /// <summary>Waits until processes have ended, without polling.</summary>
    internal static async Task EndAsync(params IEnumerable<ProcessIdentity> processes)
    {
        foreach (ProcessIdentity process in processes)
        {
            await Task.Run(() => WaitForEnd(process)).ConfigureAwait(false);
        }
    }

    private static void WaitForEnd(ProcessIdentity process)
    {
        using PidFd? descriptor = PidFd.TryOpen(process.ProcessId);
        if (descriptor is not null && process.IsAlive && !Readiness.IsReadable(descriptor.Descriptor) && process.IsAlive)
        {
            throw new TimeoutException($"Process {process.ProcessId} still runs: {string.Join(' ', Arguments(process.ProcessId))}");
        }
    }

    private static string[] Arguments(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline", Encoding.UTF8).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
