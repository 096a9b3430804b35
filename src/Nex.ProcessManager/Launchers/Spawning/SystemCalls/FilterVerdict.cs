namespace Nex.ProcessManager.Launchers.Spawning.SystemCalls;

/// <summary>What a filter answers (<c>SECCOMP_RET_</c>), and the errors that a refused call fails with.</summary>
internal static class FilterVerdict
{
    internal const uint Allow = 0x7FFF_0000;
    internal const uint Kill = 0x8000_0000;

    private const uint Error = 0x0005_0000;

    /// <summary>EPERM: it is known, and not allowed.</summary>
    internal const uint NotPermitted = Error | 1;

    /// <summary>ENOSYS: as on a kernel without it. Who can do without it tries something else.</summary>
    internal const uint NotImplemented = Error | 38;

    /// <summary>EPROTONOSUPPORT.</summary>
    internal const uint ProtocolNotSupported = Error | 93;

    /// <summary>EAFNOSUPPORT.</summary>
    internal const uint FamilyNotSupported = Error | 97;
}
