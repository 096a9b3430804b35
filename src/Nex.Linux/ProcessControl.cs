using Nex.Linux.Interop;

namespace Nex.Linux;

/// <summary>What a process can ask the kernel about itself.</summary>
internal static class ProcessControl
{
    private const int SetParentDeathSignal = 1;
    private const int SetDumpable = 4;
    private const int SetChildSubreaper = 36;
    private const int ProcessCountResource = 6;

    internal static uint EffectiveUserId => Libc.GetEffectiveUserId();

    internal static int ParentProcessId => Libc.GetParentProcessId();

    /// <summary>
    /// Asks for a signal when the thread that started this process ends. Cleared by the kernel when this process changes its credentials.
    /// </summary>
    internal static void SignalOnParentDeath(int signal) => Set(SetParentDeathSignal, (nuint)signal, "PR_SET_PDEATHSIG");

    /// <summary>Keeps processes of the same user from tracing this one and from reading its memory and descriptors.</summary>
    internal static void ForbidTracing() => Set(SetDumpable, 0, "PR_SET_DUMPABLE");

    /// <summary>Makes this process the parent of every orphan among its descendants. It has to reap them.</summary>
    internal static void AdoptOrphans() => Set(SetChildSubreaper, 1, "PR_SET_CHILD_SUBREAPER");

    /// <summary>
    /// Limits the processes and threads of this user in this user namespace, for this process and what it starts. The kernel does not
    /// apply it to root of the host.
    /// </summary>
    internal static void LimitProcessCount(int limit)
    {
        var both = new Libc.ResourceLimit { Soft = (nuint)limit, Hard = (nuint)limit };
        if (Libc.SetResourceLimit(ProcessCountResource, both) != 0)
        {
            throw LinuxException.Last("setrlimit", "RLIMIT_NPROC");
        }
    }

    private static void Set(int option, nuint value, string name)
    {
        if (Libc.Prctl(option, value, 0, 0, 0) != 0)
        {
            throw LinuxException.Last("prctl", name);
        }
    }
}
