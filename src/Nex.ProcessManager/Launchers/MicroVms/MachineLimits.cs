using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;

namespace Nex.ProcessManager.Launchers.MicroVms;

/// <summary>The limits of workloads in machines. A machine is limited by its size; within it, the agent limits the workload.</summary>
internal static class MachineLimits
{
    /// <exception cref="ProcessManagerException">The machines are too small.</exception>
    internal static void Check(WorkloadLimits limits, MicroVmOptions machine)
    {
        if (limits.MemoryBytes > machine.MemoryMiB * 1024L * 1024 || limits.Cpus > machine.VcpuCount)
        {
            throw new ProcessManagerException(
                ProcessManagerError.LimitsUnavailable,
                $"The machines of this node have {machine.MemoryMiB} MiB and {machine.VcpuCount} processors: ask for no more, or choose another node.");
        }
    }

    /// <summary>What the agent is to apply.</summary>
    internal static WorkloadLimits ForAgent(WorkloadLimits? limits, int? defaultPidsLimit) => new()
    {
        MemoryBytes = limits?.MemoryBytes,
        Cpus = limits?.Cpus,
        Pids = limits?.Pids ?? defaultPidsLimit,
    };
}
