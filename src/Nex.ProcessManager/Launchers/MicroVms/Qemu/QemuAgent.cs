using Nex.Linux.Processes;
using Nex.ProcessManager.Launchers.RunDirectories;
using Nex.Protocol.JsonRpc;
using Nex.Protocol.Workloads;

namespace Nex.ProcessManager.Launchers.MicroVms.Qemu;

/// <summary>An agent that is the first process of a machine of QEMU.</summary>
internal sealed class QemuAgent(QemuVm vm, AgentDirectory directory, int? defaultPidsLimit) : ILaunchedAgent
{
    private readonly Task _recorded = Task.Run(() => Record(vm, directory));

    public Link Link => vm.Link;

    public bool IsGuest => true;

    public Task<ProcessExit> Exited => vm.Exited;

    public async Task CompleteAsync()
    {
        try
        {
            await _recorded.ConfigureAwait(false);
        }
        catch (IOException failure)
        {
            throw new Agents.AgentStartException(
                Agents.AgentStartFailure.NotStarted, $"The host could not make room for the agent: {failure.Message}", failure);
        }
    }

    public WorkloadLimits? ApplyLimits(WorkloadLimits? limits) => MachineLimits.ForAgent(limits, defaultPidsLimit);

    /// <summary>QEMU can start no process, so that nothing can have come of it.</summary>
    public void Kill() => vm.Kill();

    public async ValueTask DisposeAsync()
    {
        await vm.DisposeAsync().ConfigureAwait(false);
        await _recorded.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        RunDirectory.Remove(directory.Path);
    }

    private static void Record(QemuVm vm, AgentDirectory directory)
    {
        if (ProcessIdentity.TryGet(vm.ProcessId) is { } identity)
        {
            RunDirectory.Record(directory.Path, identity);
        }
    }
}
