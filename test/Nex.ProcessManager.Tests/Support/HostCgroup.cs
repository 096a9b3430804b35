using Nex.ProcessManager.Cgroups;

namespace Nex.ProcessManager.Tests.Support;

/// <summary>The cgroup version 2 hierarchy of this host, where tests can make cgroups.</summary>
internal static class HostCgroup
{
    /// <summary>Where it is mounted; null where it is not, or cannot be written to.</summary>
    internal static string? Root { get; } = FindRoot();

    internal static string Require()
    {
        Assert.SkipWhen(Root is null, "No cgroup version 2 hierarchy is mounted here in which this user can make a cgroup.");
        return Root!;
    }

    /// <summary>A limit that can be set in a cgroup of this host: the name of its file, and a value.</summary>
    internal static KeyValuePair<string, string> RequireLimit()
    {
        string[] controllers = File.ReadAllText(Path.Combine(Require(), "cgroup.controllers")).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        Assert.SkipUnless(controllers.Contains("pids") || controllers.Contains("hugetlb"), "The cgroup version 2 hierarchy has no controller for this test.");
        return controllers.Contains("pids") ? new("pids.max", "500") : new("hugetlb.2MB.max", "2097152");
    }

    /// <summary>A controller that no cgroup shares out in which processes stand, and that those below the root have.</summary>
    internal static string RequireSharedController()
    {
        string root = Require();
        string? controller = CgroupTree.Read(root, "cgroup.controllers").FirstOrDefault(name => name is "memory" or "hugetlb" or "io");
        Assert.SkipWhen(controller is null, "The cgroup version 2 hierarchy has no controller for this test.");
        File.WriteAllText(Path.Combine(root, "cgroup.subtree_control"), $"+{controller}");
        return controller;
    }

    /// <summary>The cgroups that managers of this process have now.</summary>
    internal static IReadOnlyList<string> OfThisProcess() => Root is null
        ? []
        : [.. Directory.EnumerateDirectories(Root, $"nex-{Environment.ProcessId}-*", SearchOption.AllDirectories)];

    private static string? FindRoot()
    {
        string? root = File.ReadLines("/proc/self/mountinfo")
            .FirstOrDefault(line => line.Contains(" - cgroup2 ", StringComparison.Ordinal))?.Split(' ')[4];
        if (root is null)
        {
            return null;
        }

        string trial = Path.Combine(root, $"nex-test-{Environment.ProcessId}");
        try
        {
            _ = Directory.CreateDirectory(trial);
            Directory.Delete(trial);
            return root;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
