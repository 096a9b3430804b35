using Nex.Linux.Processes;

namespace Nex.ProcessManager.Launchers.RunDirectories;

/// <summary>
/// The name of one manager's directory and cgroup. It tells which process it belongs to, in which boot of the host and in which process
/// namespace, so that another manager can tell what was left behind without asking anybody.
/// </summary>
internal sealed record InstanceName(ProcessIdentity Owner, string Boot, string Namespace, int Number)
{
    private const string Prefix = "nex";
    private const int BootCharacters = 8;
    private const uint LowestNamespace = 0xeffffff8;
    private static int _lastNumber;

    /// <summary>
    /// Whether the process that made it still runs, for all that is known: of one in another process namespace, such as that of a container
    /// which shares a directory with this one, that cannot be seen.
    /// </summary>
    internal bool IsAlive => IsOfThisBoot && (!IsOfThisNamespace || Owner.IsAlive);

    /// <summary>Whether a process can still be running that it recorded.</summary>
    internal bool IsOfThisBoot => Boot == CurrentBoot;

    /// <summary>Whether the processes that it recorded have those numbers here.</summary>
    internal bool IsOfThisNamespace => Namespace == CurrentNamespace;

    private static string CurrentBoot { get; } =
        File.ReadAllText("/proc/sys/kernel/random/boot_id").Replace("-", "", StringComparison.Ordinal)[..BootCharacters];

    /// <summary>
    /// The number that the kernel gives to the namespace, written there as <c>pid:[4026531836]</c>. It counts from a high number on; names are
    /// parts of paths of sockets, which must be short.
    /// </summary>
    private static string CurrentNamespace { get; } =
        unchecked(uint.Parse(new FileInfo("/proc/self/ns/pid").LinkTarget!.Split('[', ']')[1]) - LowestNamespace).ToString("x");

    /// <summary>A new name, of this process.</summary>
    internal static InstanceName Create() => new(ProcessIdentity.Current, CurrentBoot, CurrentNamespace, Interlocked.Increment(ref _lastNumber));

    public override string ToString() => $"{Prefix}-{Owner.ProcessId}-{Owner.StartTime}-{Boot}-{Namespace}-{Number}";

    /// <returns>Null for the name of something that is not ours.</returns>
    internal static InstanceName? TryParse(string? name)
    {
        string[] parts = (name ?? "").Split('-');
        return parts is [Prefix, _, _, { Length: BootCharacters }, { Length: > 0 }, _]
            && ProcessIdentity.TryParse($"{parts[1]} {parts[2]}", out ProcessIdentity owner)
            && int.TryParse(parts[5], out int number)
            ? new InstanceName(owner, parts[3], parts[4], number)
            : null;
    }
}
