using Nex.Chaos.Faults;
using Nex.Chaos.World;
using Nex.Linux.Processes;
using Nex.ProcessManager.Launchers.RunDirectories;
using Nex.Testing.Processes;

namespace Nex.Chaos.Checks;

/// <summary>What of nodes and their agents there is on the host, and should not be.</summary>
internal sealed class Leftovers(ChaosWorld world)
{
    private static readonly string? Cgroups = File.ReadLines("/proc/self/mountinfo")
        .FirstOrDefault(line => line.Contains(" - cgroup2 ", StringComparison.Ordinal))?.Split(' ')[4];

    /// <summary>While the node has nothing to do, with so many warm agents.</summary>
    internal IReadOnlyList<string> AtRest(int agents)
    {
        int node = world.Node.ProcessId;
        IReadOnlyList<LiveProcess> below = LiveProcesses.DescendantsOf(node);
        HashSet<int> family = [node, .. below.Select(process => process.Id)];
        return
        [
            .. Unless("agents are there", below.Count(Hosts.IsHost), agents),
            .. Unless("directories of agents are there", Directory.GetDirectories(world.Node.RunDirectory).Sum(instance => Directory.GetDirectories(instance).Length), agents),
            .. InstancesOf(Directory.GetDirectories(world.Node.RunDirectory)).Where(instance => instance.Owner != world.Node.Identity)
                .Select(instance => $"This run directory of a node that is gone is left: {instance}."),
            .. CgroupsOfWorld().Where(instance => instance.Name.Owner != world.Node.Identity).Select(instance => $"This cgroup of a node that is gone is left: {instance.Path}."),
            .. CgroupsOfWorld().Where(instance => Directory.GetDirectories(instance.Path).Length > agents).Select(instance => $"There are more cgroups than agents in {instance.Path}."),
            .. ProcessStat.ReadAll().Where(stat => stat.IsZombie && family.Contains(stat.ParentId))
                .Select(stat => $"A process has ended and was not reaped: {stat.ProcessId}, child of {stat.ParentId}."),
        ];
    }

    /// <summary>When the node has ended.</summary>
    /// <param name="children">Those that it had, and had to wait for.</param>
    internal async Task<IReadOnlyList<string>> AtEndAsync(IReadOnlyList<LiveProcess> children)
    {
        // A node waits for its machines, and the kernel has just killed what emulated one for a stand-in.
        await LiveProcesses.EndAsync(OfWorld().Where(Hosts.IsGuestOfStandin).Select(process => process.Identity));
        return
        [
            .. OfWorld().Concat(children.Where(process => process.Identity.IsAlive)).DistinctBy(process => process.Identity).Select(process => $"This process is left: {process}"),
            .. from stat in ProcessStat.ReadAll()
               let workload = ChaosWorld.WorkloadOf(stat.ProcessId)
               where workload is not null && workload.StartsWith($"{world.Marker}/", StringComparison.Ordinal)
               select $"This process of {workload} is left: {stat.ProcessId}",
            .. children.Where(child => ProcessStat.TryRead(child.Id) is { IsZombie: true } stat && stat.StartTime == child.Stat.StartTime)
                .Select(child => $"The node has ended and not reaped {child}"),
            .. Directory.EnumerateFileSystemEntries(world.Node.RunDirectory).Select(entry => $"This is left in the run directory: {entry}"),
            .. Directory.EnumerateFileSystemEntries(world.Node.TemporaryDirectory).Select(entry => $"This is left in the directory for temporary files: {entry}"),
            .. Directory.EnumerateFiles(world.Node.DataDirectory, ".temporary-*", SearchOption.AllDirectories).Select(file => $"This is left in the data directory: {file}"),
            .. CgroupsOfWorld().Select(instance => $"This cgroup is left: {instance.Path}"),
            .. File.ReadLines("/proc/net/unix").Where(line => line.Contains(world.Marker, StringComparison.Ordinal)).Select(line => $"This socket is left: {line}"),
        ];
    }

    private static IEnumerable<string> Unless(string what, int count, int expected) => count == expected ? [] : [$"{count} {what}, and should be {expected}."];

    private static IEnumerable<InstanceName> InstancesOf(IEnumerable<string> directories) =>
        directories.Select(directory => InstanceName.TryParse(Path.GetFileName(directory))).OfType<InstanceName>();

    private IEnumerable<(InstanceName Name, string Path)> CgroupsOfWorld() =>
        from path in Cgroups is null ? [] : Directory.EnumerateDirectories(Cgroups, "nex-*", SearchOption.AllDirectories)
        let name = InstanceName.TryParse(Path.GetFileName(path))
        where name is not null && world.Node.Lives.Contains(name.Owner)
        select (name, path);

    /// <summary>What has the name of this world in its arguments or works in its directory: also what has lost the parent that started it.</summary>
    private IEnumerable<LiveProcess> OfWorld() => LiveProcesses.With("")
        .Where(process => process.Id != world.Nats.Program.ProcessId)
        .Where(process => process.Arguments.Append(WorkingDirectory(process.Id)).Any(text => text.Contains(world.Marker, StringComparison.Ordinal)));

    private static string WorkingDirectory(int pid)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/cwd").LinkTarget ?? "";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
