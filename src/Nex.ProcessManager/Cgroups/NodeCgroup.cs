using System.Globalization;
using Nex.Linux.Processes;

namespace Nex.ProcessManager.Cgroups;

/// <summary>
/// Where this process itself stands, with what it has started and put nowhere else. The kernel lets a cgroup share out memory only while no
/// process stands in it. One that was delegated to the node, as by systemd, has the node in it, which makes room by moving to a cgroup below.
/// </summary>
internal static class NodeCgroup
{
    private const string Name = "nex-node";

    /// <summary>Processes that are just being started are found by looking again.</summary>
    private const int Rounds = 100;

    /// <summary>The cgroup of this process in the version 2 hierarchy, or the one above where it has moved; null without such a hierarchy.</summary>
    internal static string? Find() => Find(File.ReadLines("/proc/self/cgroup"), File.ReadLines("/proc/self/mountinfo"));

    /// <summary>As the files of those names in <c>/proc</c> tell it.</summary>
    internal static string? Find(IEnumerable<string> cgroup, IEnumerable<string> mountInfo)
    {
        const int root = 3, mountPoint = 4;
        string? own = cgroup.FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal))?[3..];
        string[]? mount = mountInfo.FirstOrDefault(line => line.Contains(" - cgroup2 ", StringComparison.Ordinal))?.Split(' ');
        if (own is null || mount is null)
        {
            return null;
        }

        string relative = mount[root] == "/" ? own : own[Math.Min(mount[root].Length, own.Length)..];
        string path = Path.Combine(mount[mountPoint], relative.TrimStart('/'));
        return Path.GetFileName(path) == Name ? Path.GetDirectoryName(path) : path;
    }

    /// <summary>Whether processes stand in a cgroup that neither are this one nor came of it, which keep it from sharing out memory. Nothing keeps the root.</summary>
    internal static bool HasStrangers(string cgroup) =>
        File.Exists(Path.Combine(cgroup, "cgroup.type")) && !Members(cgroup).All(IsOurs);

    /// <summary>Moves the processes that stand in a cgroup to one below it, where all of them are ours.</summary>
    /// <returns>Whether none stands in it any more.</returns>
    internal static bool TryMakeRoom(string cgroup)
    {
        try
        {
            for (int round = 0; round < Rounds; round++)
            {
                int[] members = Members(cgroup);
                if (members.Length == 0 || !members.All(IsOurs))
                {
                    return members.Length == 0;
                }

                Directory.CreateDirectory(Below(cgroup));
                Move(members, Below(cgroup));
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // It was not delegated after all.
        }

        return false;
    }

    /// <summary>Moves back what <see cref="TryMakeRoom"/> has moved, unless somebody else still has cgroups there that need the room.</summary>
    /// <param name="controllers">What there was made room for.</param>
    internal static void TryReturn(string cgroup, IEnumerable<string> controllers)
    {
        string below = Below(cgroup);
        try
        {
            if (Directory.Exists(below) && !HasStrangers(below))
            {
                File.WriteAllText(Path.Combine(cgroup, "cgroup.subtree_control"), string.Join(' ', controllers.Select(controller => $"-{controller}")));
                Move(Members(below), cgroup);
                Directory.Delete(below);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The last of those that share it does it, or whoever removes the cgroup as a whole.
        }
    }

    private static string Below(string cgroup) => Path.Combine(cgroup, Name);

    private static int[] Members(string cgroup) =>
        [.. File.ReadLines(Path.Combine(cgroup, "cgroup.procs")).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];

    private static void Move(IEnumerable<int> processes, string cgroup)
    {
        var target = new AgentCgroup(cgroup, new HashSet<string>());
        foreach (int process in processes)
        {
            _ = target.TryAdd(process);
        }
    }

    /// <summary>Whether it is this process or came of it. One of another PID namespace is numbered 0 here, and did not.</summary>
    private static bool IsOurs(int processId)
    {
        int? process = processId;
        while (process > 1 && process != Environment.ProcessId)
        {
            process = ProcessStat.TryRead(process.Value)?.ParentId;
        }

        // One that has just ended stands nowhere any more.
        return process is null || process == Environment.ProcessId;
    }
}
