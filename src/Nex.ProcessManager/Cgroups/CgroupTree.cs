using Nex.ProcessManager.Launchers.RunDirectories;

namespace Nex.ProcessManager.Cgroups;

/// <summary>The cgroup (version 2) of one manager, with one below it for each agent. Made only where the host lets us.</summary>
internal sealed class CgroupTree
{
    /// <summary>The controllers that limits of workloads need.</summary>
    internal static readonly string[] Wanted = ["cpu", "memory", "pids"];

    /// <summary>Managers of this process that share a cgroup make room in it together.</summary>
    private static readonly Lock Sharing = new();

    private readonly string _parent;
    private readonly string _path;

    private CgroupTree(string parent, string path, IReadOnlySet<string> controllers)
    {
        _parent = parent;
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
        CgroupTree? tree = TryCreate(parent ?? own ?? NodeCgroup.Find(), instance, out string reason);
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
    /// <param name="wanted">The controllers that agents are to have; those that limits need by default.</param>
    internal static CgroupTree? TryCreate(string? parent, InstanceName instance, out string reason, params string[] wanted)
    {
        if (parent is null)
        {
            reason = "no cgroup version 2 hierarchy is mounted";
            return null;
        }

        wanted = wanted.Length == 0 ? Wanted : wanted;
        string path = Path.Combine(parent, instance.ToString());
        try
        {
            RemoveLeftovers(parent);
            lock (Sharing)
            {
                Enable(parent, wanted);
                Directory.CreateDirectory(path);
                Enable(path, wanted);
            }

            reason = "";
            return new CgroupTree(parent, path, Read(path, "cgroup.subtree_control").ToHashSet());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            reason = $"no cgroup can be made in {parent}: {failure.Message}";
            AgentCgroup.RemoveEmpty(path);
            return null;
        }
    }

    /// <summary>The controllers that a file of a cgroup lists.</summary>
    internal static string[] Read(string cgroup, string file) =>
        File.ReadAllText(Path.Combine(cgroup, file)).Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The cgroup that an agent can have; not made yet.</summary>
    internal AgentCgroup ForAgent(string agentId) => new(Path.Combine(_path, agentId), Controllers);

    /// <summary>Removes it. Agents' cgroups must have been removed.</summary>
    internal void Remove()
    {
        AgentCgroup.RemoveEmpty(_path);
        lock (Sharing)
        {
            NodeCgroup.TryReturn(_parent, Controllers);
        }
    }

    /// <summary>A controller that cannot be enabled is one that agents do not have.</summary>
    private static void Enable(string cgroup, string[] wanted)
    {
        foreach (string controller in wanted.Intersect(Read(cgroup, "cgroup.controllers")))
        {
            _ = TryEnable(cgroup, controller) || (NodeCgroup.TryMakeRoom(cgroup) && TryEnable(cgroup, controller));
        }
    }

    /// <returns>False where processes stand in the cgroup itself.</returns>
    private static bool TryEnable(string cgroup, string controller)
    {
        try
        {
            File.WriteAllText(Path.Combine(cgroup, "cgroup.subtree_control"), $"+{controller}");
            return true;
        }
        catch (IOException)
        {
            return false;
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
}
