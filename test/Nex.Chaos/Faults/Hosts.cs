using Nex.Testing.Processes;

namespace Nex.Chaos.Faults;

/// <summary>What the processes below a node are.</summary>
internal static class Hosts
{
    private const string Firecracker = "firecracker";
    private const string Standin = "firecracker-standin";

    internal static bool IsAgent(LiveProcess process) => Name(process) == "nex-agent";

    /// <summary>What a workload is in: one process for each agent.</summary>
    internal static bool IsHost(LiveProcess process) => IsAgent(process) || IsMachine(process);

    /// <summary>What a workload does not outlive.</summary>
    internal static bool Carries(LiveProcess process) => IsHost(process) || IsGuestOfStandin(process);

    internal static bool IsWorkload(LiveProcess process) => !Carries(process) && !IsAround(process);

    /// <summary>What emulates for a stand-in, and ends with it. Its end is to the stand-in what a crash of its guest is to Firecracker.</summary>
    internal static bool IsGuestOfStandin(LiveProcess process) => IsQemu(process) && IsOfStandin(process);

    private static bool IsMachine(LiveProcess process) => Name(process) is Firecracker or Standin || (IsQemu(process) && !IsOfStandin(process));

    private static bool IsQemu(LiveProcess process) => Name(process).StartsWith("qemu-system-", StringComparison.Ordinal);

    /// <summary>The stand-in names itself to what it starts, as one who starts it does.</summary>
    private static bool IsOfStandin(LiveProcess process) => process.Arguments.Any(argument => argument.Contains(Standin, StringComparison.Ordinal));

    /// <summary>What only stands around an agent.</summary>
    private static bool IsAround(LiveProcess process) => Name(process) is "bwrap" or "setpriv" or "jailer" or "" || IsOfStandin(process);

    private static string Name(LiveProcess process) => process.Arguments is [{ } program, ..] ? Path.GetFileName(program) : "";
}
