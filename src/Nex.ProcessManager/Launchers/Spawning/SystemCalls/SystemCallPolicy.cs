using static Nex.ProcessManager.Launchers.Spawning.SystemCalls.FilterVerdict;
using static Nex.ProcessManager.Launchers.Spawning.SystemCalls.SystemCallTable;

namespace Nex.ProcessManager.Launchers.Spawning.SystemCalls;

/// <summary>
/// Which system calls an agent in namespaces and its workload may make: all, but for those that reach beyond the sandbox, and those that ordinary
/// programs can do without and in which faults of the kernel have been found again and again.
/// </summary>
/// <remarks>
/// It goes about as far as what container runtimes filter by default. Tracing (<c>ptrace</c>, <c>process_vm_readv</c>) is allowed: within a
/// sandbox there is nobody else to be traced, the agent forbids it, and debuggers and crash dumps need it.
/// </remarks>
internal static class SystemCallPolicy
{
    private const ulong NamespaceFlags = 0x7E02_0000;
    private const ulong NewTimeNamespace = 0x80;
    private const ulong UpperHalf = 0xFFFF_FFFF_0000_0000;

    private const uint Unix = 1, Internet = 2, Internet6 = 10, Netlink = 16;
    private const uint Stream = 1, Datagram = 2, Raw = 3, SocketTypeMask = 0xF;
    private const uint ByType = 0, Icmp = 1, Tcp = 6, Udp = 17, Icmp6 = 58;
    private const uint NetlinkRoute = 0;

    internal static IReadOnlyList<FilterRule> Rules { get; } = [NotKnown(), Refused(), Absent(), .. Namespaces(), .. Sockets(), .. Others()];

    /// <summary>
    /// What is newer than this policy is not there, so that a new kernel opens nothing that nobody has thought about. The calls of x32, whose
    /// numbers are those of x86-64 with one bit more, are above as well.
    /// </summary>
    private static FilterRule NotKnown() => new() { When = [new FilterCondition.NumberAbove(Newest)], Verdict = NotImplemented };

    private static FilterRule Refused() => new()
    {
        Calls =
        [
            // Mounts and file systems.
            Mount, Unmount, PivotRoot, ChangeRoot, OpenTree, MoveMount, OpenFileSystem, ConfigureFileSystem, MountFileSystem, PickFileSystem,
            SetMountAttributes, OpenTreeWithAttributes, OpenByHandle, WatchFileSystem, SwapOn, SwapOff, Quota, QuotaOfFile,
            // Other namespaces, and what says something about the kernel's addresses or takes what another process has open.
            SetNamespace, CompareProcesses, TakeDescriptor,
            // Keys of the kernel, which no namespace keeps apart.
            AddKey, RequestKey, KeyControl,
            // Large parts of the kernel that few programs need.
            Bpf, OpenPerformanceEvent, UserFault,
            // The machine.
            LoadKernel, LoadKernelFile, InitializeModule, InitializeModuleFile, DeleteModule, Reboot, Account, KernelLog, SetTimeOfDay, SetClock,
            PortPrivilege, PortPermission,
        ],
        Verdict = NotPermitted,
    };

    /// <summary>
    /// What programs look for and do without: rings; where memory is, which a sandbox without /sys cannot say; segments of 16 bits; and clone3, whose
    /// flags are in memory where a filter cannot read them. Without it, the C library takes clone.
    /// </summary>
    private static FilterRule Absent() => new()
    {
        Calls =
        [
            RingSetup, RingEnter, RingRegister, Clone3, ModifySegments,
            BindMemory, GetMemoryPolicy, SetMemoryPolicy, SetHomeNode, MigratePages, MovePages,
        ],
        Verdict = NotImplemented,
    };

    private static FilterRule[] Namespaces() =>
    [
        // Of clone's flags the kernel takes the lower half, whose lowest byte is a signal; what is above may be anything.
        new() { Calls = [Clone], When = [new FilterCondition.ArgumentBits(0, NamespaceFlags)], Verdict = NotPermitted },
        new() { Calls = [Unshare], When = [new FilterCondition.ArgumentBits(0, NamespaceFlags | NewTimeNamespace | UpperHalf)], Verdict = NotPermitted },
    ];

    /// <summary>
    /// Sockets of the sandbox's own network, and no more of its protocols than programs commonly use. Above all no <c>AF_VSOCK</c>, which belongs to
    /// no network namespace, and no <c>AF_ALG</c>.
    /// </summary>
    private static FilterRule[] Sockets() =>
    [
        new() { Calls = [Socket, SocketPair], When = [Family(Unix)], Verdict = Allow },
        new() { Calls = [Socket], When = [Family(Internet, Internet6), Type(Stream, Datagram, Raw), Protocol(ByType, Icmp, Tcp, Udp, Icmp6)], Verdict = Allow },
        // By which programs learn which interfaces and addresses there are.
        new() { Calls = [Socket], When = [Family(Netlink), Protocol(NetlinkRoute)], Verdict = Allow },
        new() { Calls = [Socket], When = [Family(Internet, Internet6, Netlink)], Verdict = ProtocolNotSupported },
        new() { Calls = [Socket, SocketPair], Verdict = FamilyNotSupported },
    ];

    private static FilterRule[] Others() =>
    [
        // Input as if typed at a terminal (TIOCSTI, TIOCLINUX), and drivers for what is not a terminal (TIOCSETD).
        new() { Calls = [Control], When = [new FilterCondition.Argument(1, 0x5412, 0x541C, 0x5423)], Verdict = NotPermitted },
        // Which one it is, and those that change no more than what uname says.
        new() { Calls = [Personality], When = [new FilterCondition.Argument(0, 0x0, 0x8, 0x2_0000, 0x2_0008, 0xFFFF_FFFF)], Verdict = Allow },
        new() { Calls = [Personality], Verdict = NotPermitted },
    ];

    private static FilterCondition.Argument Family(params IReadOnlyList<uint> families) => new(0, families);

    private static FilterCondition.Argument Type(params IReadOnlyList<uint> types) => new(1, types) { Mask = SocketTypeMask };

    private static FilterCondition.Argument Protocol(params IReadOnlyList<uint> protocols) => new(2, protocols);
}
