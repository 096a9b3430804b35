using Nex.ProcessManager.Launchers.RunDirectories;

namespace Nex.ProcessManager.Cgroups;

/// <summary>The cgroup (version 2) of one manager, with one below it for each agent. Made only where the host lets us.</summary>
internal sealed class CgroupTree
{
    private static readonly string[] Wanted = ["cpu", "memory", "pids"];

    private readonly string _path;

    private CgroupTree(string path, IReadOnlySet<string> controllers)
    {
        _path = path;
        Controllers = controllers;
    }

    /// <summary>The controllers that agents' cgroups have: those of cpu, memory and pids that the host delegates.</summary>
    internal IReadOnlySet<string> Controllers { get; }

    /// <summary>Makes the cgroup of an instance as the options ask for it.</summary>
    /// <param name="parent">Where it must be; null where there need be none.</param>
    /// <param name="own">Where it is otherwise; null for the cgroup of this process.</param>
    /// <param name="onNone">Takes the reason why there is none, where there need be none.</param>
    /// <exception cref="ProcessManagerException">There must be one and cannot be.</exception>
    internal static CgroupTree? Open(string? parent, string? own, InstanceName instance, Action<string> onNone)
    {
        CgroupTree? tree = TryCreate(parent ?? own ?? FindOwn(), instance, out string reason);
        if (tree is null && parent is not null)
        {
            throw new ProcessManagerException(
                ProcessManagerError.SandboxUnavailable,
                $"The cgroup that the option CgroupParent names cannot be used: {reason.TrimEnd('.')}. Name a directory of the cgroup version 2 hierarchy that this user can write to (with systemd: Delegate=yes), or leave the option out.");
        }

        if (tree is null)
        {
            onNone(reason);
        }

        return tree;
    }

    /// <summary>Makes the cgroup of an instance, after removing those of managers that are gone.</summary>
    /// <param name="parent">Where; null on a host without such a hierarchy.</param>
    /// <param name="reason">Why there is none, where there is none.</param>
    internal static CgroupTree? TryCreate(string? parent, InstanceName instance, out string reason)
    {
        if (parent is null)
        {
            reason = "no cgroup version 2 hierarchy is mounted";
            return null;
        }

        string path = Path.Combine(parent, instance.ToString());
        try
        {
            RemoveLeftovers(parent);
            Enable(parent);
            Directory.CreateDirectory(path);
            Enable(path);
            string[] enabled = File.ReadAllText(Path.Combine(path, "cgroup.subtree_control")).Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            reason = "";
            return new CgroupTree(path, enabled.ToHashSet());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            reason = $"no cgroup can be made in {parent}: {failure.Message}";
            AgentCgroup.RemoveEmpty(path);
            return null;
        }
    }

    /// <summary>The cgroup that an agent can have; not made yet.</summary>
    internal AgentCgroup ForAgent(string agentId) => new(Path.Combine(_path, agentId), Controllers);

    /// <summary>Removes it. Agents' cgroups must have been removed.</summary>
    internal void Remove() => AgentCgroup.RemoveEmpty(_path);

    /// <summary>A controller that cannot be enabled is one that agents do not have.</summary>
    private static void Enable(string cgroup)
    {
        string control = Path.Combine(cgroup, "cgroup.subtree_control");
        string[] available = File.ReadAllText(Path.Combine(cgroup, "cgroup.controllers")).Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (string controller in Wanted.Intersect(available))
        {
            try
            {
                File.WriteAllText(control, $"+{controller}");
            }
            catch (IOException)
            {
                // Busy: processes stand in this cgroup itself, as they do unless it was delegated for this.
            }
        }
    }

    private static void RemoveLeftovers(string parent)
    {
        foreach (string directory in Directory.EnumerateDirectories(parent))
        {
            if (InstanceName.TryParse(Path.GetFileName(directory)) is { IsAlive: false })
            {
                new AgentCgroup(directory, new HashSet<string>()).KillAndRemove();
            }
        }
    }

    /// <summary>The cgroup of this process in the version 2 hierarchy, wherever that is mounted.</summary>
    private static string? FindOwn()
    {
        const int root = 3, mountPoint = 4;
        string? own = File.ReadLines("/proc/self/cgroup").FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal))?[3..];
        string[]? mount = File.ReadLines("/proc/self/mountinfo")
            .FirstOrDefault(line => line.Contains(" - cgroup2 ", StringComparison.Ordinal))?.Split(' ');
        if (own is null || mount is null)
        {
            return null;
        }

        string relative = mount[root] == "/" ? own : own[Math.Min(mount[root].Length, own.Length)..];
        return Path.Combine(mount[mountPoint], relative.TrimStart('/'));
    }
}
