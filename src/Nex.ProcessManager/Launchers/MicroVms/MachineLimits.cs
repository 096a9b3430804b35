using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;

namespace Nex.ProcessManager.Launchers.MicroVms;

/// <summary>The limits of workloads in machines. A machine is limited by its size; within it, the agent limits the workload.</summary>
internal static class MachineLimits
{
    private const long MiB = 1024 * 1024;

    /// <summary>What the kernel, the image of <c>nex rootfs build</c> and the agent take of a machine, as measured with Debian's kernel for clouds.</summary>
    private const int OwnMiB = 85;

    /// <summary>The part of the memory that the kernel takes to keep account of it.</summary>
    private const int KernelShare = 32;

    /// <exception cref="ProcessManagerException">The machines are too small.</exception>
    internal static void Check(WorkloadLimits limits, MicroVmOptions machine)
    {
        if (limits.MemoryBytes > machine.MemoryMiB * MiB || limits.Cpus > machine.VcpuCount)
        {
            throw new ProcessManagerException(
                ProcessManagerError.LimitsUnavailable,
                $"The machines of this node have {machine.MemoryMiB} MiB and {machine.VcpuCount} processors: ask for no more, or choose another node.");
        }
    }

    /// <summary>
    /// Checks that an artifact has room in a machine, whose memory it goes into. More would be the end of the machine, and no word of the reason.
    /// </summary>
    /// <exception cref="ProcessManagerException">The machines are too small.</exception>
    internal static void CheckArtifact(long size, MicroVmOptions machine)
    {
        long room = RoomForArtifact(machine.MemoryMiB);
        if (size > room)
        {
            throw new ProcessManagerException(
                ProcessManagerError.ArtifactTooLarge,
                $"The artifact has {ToMebibytes(size)} MiB, and a machine of {machine.MemoryMiB} MiB has room for {room / MiB}: set "
                + $"the option MemoryMiB to more than {MemoryFor(size)}, or choose another node.");
        }
    }

    /// <summary>How many bytes of a machine its kernel and its agent leave to an artifact, whose program needs some of it to run.</summary>
    internal static long RoomForArtifact(int memoryMiB) => (memoryMiB - (memoryMiB / KernelShare) - OwnMiB) * MiB;

    /// <summary>What the agent is to apply.</summary>
    internal static WorkloadLimits ForAgent(WorkloadLimits? limits, int? defaultPidsLimit) => new()
    {
        MemoryBytes = limits?.MemoryBytes,
        Cpus = limits?.Cpus,
        Pids = limits?.Pids ?? defaultPidsLimit,
    };

    private static long MemoryFor(long size) => (ToMebibytes(size) + OwnMiB) * KernelShare / (KernelShare - 1);

    private static long ToMebibytes(long size) => (size + MiB - 1) / MiB;
}
