using Nex.Testing.Processes;

namespace Nex.Chaos.Faults;

/// <summary>What the processes below a node are.</summary>
internal static class Hosts
{
    internal static bool IsAgent(LiveProcess process) => Name(process) == "nex-agent";

    internal static bool IsMachine(LiveProcess process) => Name(process).StartsWith("qemu-system-", StringComparison.Ordinal) || Name(process).StartsWith("firecracker", StringComparison.Ordinal);

    /// <summary>What only stands around an agent.</summary>
    internal static bool IsAround(LiveProcess process) => Name(process) is "bwrap" or "setpriv" or "";

    private static string Name(LiveProcess process) => process.Arguments is [{ } program, ..] ? Path.GetFileName(program) : "";
}
