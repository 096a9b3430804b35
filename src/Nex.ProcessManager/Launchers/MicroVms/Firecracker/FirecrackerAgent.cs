using Nex.Linux.Processes;
using Nex.ProcessManager.Launchers.RunDirectories;
using Nex.Protocol.JsonRpc;
using Nex.Protocol.Workloads;

namespace Nex.ProcessManager.Launchers.MicroVms.Firecracker;

/// <summary>An agent that is the first process of a machine of Firecracker.</summary>
internal sealed class FirecrackerAgent(FirecrackerVm vm, AgentDirectory directory, int? defaultPidsLimit) : ILaunchedAgent
{
    public Link Link => vm.Link;

    public bool IsGuest => true;

    public Task<ProcessExit> Exited => vm.Exited;

    public Task CompleteAsync() => Task.CompletedTask;

    public WorkloadLimits? ApplyLimits(WorkloadLimits? limits) => MachineLimits.ForAgent(limits, defaultPidsLimit);

    /// <summary>Firecracker can start no process, so that nothing can have come of it.</summary>
    public void Kill() => vm.Kill();

    public async ValueTask DisposeAsync()
    {
        await vm.DisposeAsync().ConfigureAwait(false);
        RunDirectory.Remove(directory.Path);
    }
}
