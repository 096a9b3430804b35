using Nex.Testing.Processes;

namespace Nex.Chaos.Faults;

/// <summary>What the processes below a node are.</summary>
internal static class Hosts
{
    internal static bool IsAgent(LiveProcess process) => Name(process) == "nex-agent";

    internal static bool IsMachine(LiveProcess process) =>
        Name(process).StartsWith("qemu-system-", StringComparison.Ordinal) || Name(process) == "firecracker";

    /// <summary>What a workload is in.</summary>
    internal static bool IsHost(LiveProcess process) => IsAgent(process) || IsMachine(process);

    internal static bool IsWorkload(LiveProcess process) => !IsHost(process) && !IsAround(process);

    /// <summary>What only stands around an agent.</summary>
    private static bool IsAround(LiveProcess process) => Name(process) is "bwrap" or "setpriv" or "jailer" or "firecracker-standin" or "";

    private static string Name(LiveProcess process) => process.Arguments is [{ } program, ..] ? Path.GetFileName(program) : "";
}
