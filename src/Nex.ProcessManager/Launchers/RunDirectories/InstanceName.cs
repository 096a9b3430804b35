using Nex.Linux.Processes;

namespace Nex.ProcessManager.Launchers.RunDirectories;

/// <summary>
/// The name of one manager's directory and cgroup. It tells which process it belongs to, in which boot of the host, so that another
/// manager can tell what was left behind without asking anybody.
/// </summary>
internal sealed record InstanceName(ProcessIdentity Owner, string Boot, int Number)
{
    private const string Prefix = "nex";
    private const int BootCharacters = 8;
    private static int _lastNumber;

    /// <summary>Whether the process that made it still runs.</summary>
    internal bool IsAlive => Boot == CurrentBoot && Owner.IsAlive;

    /// <summary>Whether processes that it recorded can still be running.</summary>
    internal bool IsOfThisBoot => Boot == CurrentBoot;

    private static string CurrentBoot { get; } =
        File.ReadAllText("/proc/sys/kernel/random/boot_id").Replace("-", "", StringComparison.Ordinal)[..BootCharacters];

    /// <summary>A new name, of this process.</summary>
    internal static InstanceName Create() => new(ProcessIdentity.Current, CurrentBoot, Interlocked.Increment(ref _lastNumber));

    public override string ToString() => $"{Prefix}-{Owner.ProcessId}-{Owner.StartTime}-{Boot}-{Number}";

    /// <returns>Null for the name of something that is not ours.</returns>
    internal static InstanceName? TryParse(string? name)
    {
        string[] parts = (name ?? "").Split('-');
        return parts is [Prefix, _, _, { Length: BootCharacters }, _]
            && ProcessIdentity.TryParse($"{parts[1]} {parts[2]}", out ProcessIdentity owner)
            && int.TryParse(parts[4], out int number)
            ? new InstanceName(owner, parts[3], number)
            : null;
    }
}
