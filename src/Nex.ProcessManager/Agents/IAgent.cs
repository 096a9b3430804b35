namespace Nex.ProcessManager.Agents;

/// <summary>The agent of a prepared workload. Every member may be called from any thread at any time.</summary>
public interface IAgent
{
    /// <summary>The id of the agent, and of its workload.</summary>
    string Id { get; }

    /// <summary>Whether it answers: its link is up, and it does not owe the answer to a ping for longer than a second.</summary>
    bool IsHealthy { get; }

    /// <summary>Completes when the agent has ended and nothing of it is left. Never fails.</summary>
    Task<AgentExit> Exited { get; }

    /// <summary>Starts the prepared workload. Returns once its program has been executed. Can succeed once.</summary>
    /// <param name="artifact">Must stay open until this returns.</param>
    /// <param name="observer">Is told what the workload writes, and of its end, which may be before this returns.</param>
    /// <param name="cancellationToken">Stops the wait; the workload may start all the same, so stop the agent afterwards.</param>
    /// <exception cref="DeployException">The workload was not started; the agent is to be stopped.</exception>
    Task DeployAsync(ArtifactFile artifact, IWorkloadObserver observer, CancellationToken cancellationToken = default);

    /// <summary>
    /// Asks the workload to end: SIGTERM to its process group, and after the grace period SIGKILL to its whole process tree. Returns when it
    /// has been asked; the observer is told of the end. Does nothing when there is no workload, or none any more.
    /// </summary>
    Task UndeployAsync(TimeSpan gracePeriod, CancellationToken cancellationToken = default);
}
