using Nex.ProcessManager;
using Nex.ProcessManager.Agents;
using Nex.Protocol.Workloads;

namespace Nex.Workloads.Runs;

/// <summary>One run of a workload's program, on one agent, which serves nothing else before or after.</summary>
internal sealed class WorkloadRun : IWorkloadObserver
{
    private readonly IProcessManager _processes;
    private readonly Action<OutputLine> _onOutput;
    private readonly TaskCompletionSource<WorkloadExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private WorkloadRun(IProcessManager processes, string agentId, Action<OutputLine> onOutput)
    {
        _processes = processes;
        _onOutput = onOutput;
        AgentId = agentId;
    }

    internal string AgentId { get; }

    /// <summary>Completes when the program has ended and all its output has been handed on. Never fails.</summary>
    internal Task<WorkloadExit> Exited => _exited.Task;

    /// <summary>Takes the next warm agent and starts the program on it.</summary>
    /// <exception cref="ProcessManagerException">No agent is given, or none has room for the artifact.</exception>
    /// <exception cref="DeployException">The program was not started; the agent is being ended.</exception>
    /// <exception cref="OperationCanceledException">Likewise, because nobody waits any more.</exception>
    internal static async Task<WorkloadRun> StartAsync(
        IProcessManager processes, DeployRequest request, ArtifactFile artifact, Action<OutputLine> onOutput, CancellationToken cancellationToken)
    {
        processes.CheckArtifact(artifact.Size);
        string agentId = await processes.PrepareNextWorkloadAsync(request, cancellationToken).ConfigureAwait(false);
        var run = new WorkloadRun(processes, agentId, onOutput);
        try
        {
            await processes.GetAgent(agentId).DeployAsync(artifact, run, cancellationToken).ConfigureAwait(false);
            return run;
        }
        catch (ProcessManagerException failure) when (failure.Error == ProcessManagerError.UnknownId)
        {
            throw new DeployException(DeployFailure.AgentLost, $"Agent {agentId} ended before workload '{request.Name}' was put on it.", failure);
        }
        catch
        {
            // Half a start is undone: the agent ends, and whatever it may have started with it.
            await run.EndAgentAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Ends the agent: the program is asked first while it runs. Returns when nothing of either is left.</summary>
    internal async Task EndAgentAsync()
    {
        try
        {
            await _processes.StopProcessAsync(AgentId, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ProcessManagerException failure) when (failure.Error == ProcessManagerError.UnknownId)
        {
            // It had ended by itself.
        }
    }

    public void OnOutput(OutputLine line) => _onOutput(line);

    public void OnExited(WorkloadExit exit) => _exited.TrySetResult(exit);
}
