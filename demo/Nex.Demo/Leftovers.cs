using Nex.Demo.Host;

namespace Nex.Demo;

/// <summary>Looks on the host for whatever a demo that has stopped could have left.</summary>
/// <param name="playground">Its directories, which are removed here.</param>
/// <param name="agentIds">All agents that there ever were.</param>
/// <param name="descriptorsAtStart">What was open before the first agent.</param>
internal sealed class Leftovers(Playground playground, IReadOnlyList<string> agentIds, int descriptorsAtStart)
{
    /// <summary>How the names of this process's run directories and cgroups begin.</summary>
    private static readonly string Instance = $"nex-{Environment.ProcessId}-";

    internal void Check(Checks checks)
    {
        string[] processes = [.. FindProcesses()];
        checks.That(
            processes.Length == 0,
            $"no process has {playground.Root}, its marker, one of {agentIds.Count} agents' ids or our cgroup{Found(processes)}");

        // A machine has nothing of us in its command line: while this process lives, it would be its child.
        string[] children = [.. HostProcess.ChildrenOf(Environment.ProcessId).Select(child => child.ToString())];
        checks.That(children.Length == 0, $"this process has no child{Found(children)}");

        string[] files = [.. Directory.EnumerateFileSystemEntries(playground.RunDirectory)];
        checks.That(files.Length == 0, $"the manager has emptied its run directory {playground.RunDirectory}{Found(files)}");

        playground.Dispose();
        checks.That(!Directory.Exists(playground.Root), $"{playground.Root}, with artifacts and templates, is removed");

        string[] cgroups = [.. FindCgroups()];
        checks.That(cgroups.Length == 0, $"no cgroup is named {Instance}*{Found(cgroups)}");

        int descriptors = OpenDescriptors.Count();
        checks.That(
            descriptors <= descriptorsAtStart,
            $"this process has {descriptors} sockets, memory files and pidfds open, and had {descriptorsAtStart} at the start");
    }

    private IEnumerable<string> FindProcesses()
    {
        string[] marks = [playground.Root, playground.Marker, Instance, .. agentIds];
        return HostProcess.All()
            .Where(process => process.Id != Environment.ProcessId && process.Mentions(marks))
            .Select(process => process.ToString());
    }

    private static IEnumerable<string> FindCgroups()
    {
        const string hierarchies = "/sys/fs/cgroup";
        var everywhere = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true };
        return Directory.Exists(hierarchies) ? Directory.EnumerateDirectories(hierarchies, $"{Instance}*", everywhere) : [];
    }

    private static string Found(string[] found) => found.Length == 0 ? "" : $"; found: {string.Join(", ", found)}";
}
