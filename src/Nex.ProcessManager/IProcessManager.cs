using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Pool;
using Nex.Protocol.Workloads;

namespace Nex.ProcessManager;

/// <summary>
/// Keeps a pool of warm agents, each in a sandbox of its own, and hands them out. An agent has one id for its whole life, which is also
/// the id of the workload that it is prepared for; it serves one workload at most.
/// </summary>
/// <remarks>
/// Every member may be called from any thread at any time. A cancellation token stops the caller's wait; what was begun goes on, but
/// where a member says otherwise. Agents are started before there is work for them: nobody can ask for a particular one to be started. One
/// that is taken is replaced when its workload runs, or, where none is deployed soon, without that.
/// </remarks>
public interface IProcessManager : IAsyncDisposable
{
    /// <summary>Where the pool stands, and why it is not full.</summary>
    PoolStatus Status { get; }

    /// <summary>The agents that have a deploy request, those that are being stopped included: the picture of one moment, oldest first.</summary>
    IReadOnlyList<ProcessInfo> ListProcesses();

    /// <summary>The deploy request that an agent was prepared for.</summary>
    /// <returns>Null for an id that is unknown, and for an agent that is still warm.</returns>
    DeployRequest? Lookup(string workloadId);

    /// <summary>Binds a request to exactly the warm agent of that id, and applies the request's limits to it.</summary>
    /// <exception cref="InvalidDeployRequestException">The request has faults; the agent stays warm.</exception>
    /// <exception cref="ProcessManagerException">
    /// The id is unknown, the agent is not warm, the pool is in lame duck or stops, or the limits cannot be applied (that agent is then ended).
    /// </exception>
    ValueTask PrepareWorkloadAsync(string workloadId, DeployRequest request, CancellationToken cancellationToken = default);

    /// <summary>
    /// Binds a request to the agent that has been warm longest. While none is, callers wait in the order in which they came; a wait that is
    /// cancelled loses no agent.
    /// </summary>
    /// <returns>The id of the agent.</returns>
    /// <exception cref="InvalidDeployRequestException">The request has faults.</exception>
    /// <exception cref="ProcessManagerException">The pool is in lame duck or stops, or the limits cannot be applied.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    ValueTask<string> PrepareNextWorkloadAsync(DeployRequest request, CancellationToken cancellationToken = default);

    /// <summary>Checks that an artifact has room in an agent's sandbox, before an agent is taken for it.</summary>
    /// <param name="size">In bytes.</param>
    /// <exception cref="ProcessManagerException">It has not; the message says how much room there is, and what gives more.</exception>
    void CheckArtifact(long size);

    /// <summary>The agent of a prepared workload, on which it is deployed.</summary>
    /// <exception cref="ProcessManagerException">The id is unknown, or the agent has not been prepared.</exception>
    IAgent GetAgent(string workloadId);

    /// <summary>
    /// Checks the host, removes what a killed node left behind, and fills the pool. Returns when the first agent is warm; the pool fills
    /// on. A manager starts once in its life. A cancelled or failed start leaves nothing behind.
    /// </summary>
    /// <exception cref="ProcessManagerException">The sandbox is not available here, or no agent can be started; the message says why.</exception>
    Task StartAsync(IProcessDelegate processDelegate, CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends every agent: workloads are asked first and have their grace period, up to the configured stop timeout; what is left then is
    /// killed. Cancelling kills at once. When it returns, no process of this manager runs and nothing of it is on disk. May be called again.
    /// </summary>
    /// <remarks>
    /// Only what hangs in the host itself, such as a start on a disk that does not answer, or a process that the kernel does not let go of, does
    /// not hold up a stop that has no time left: it is logged, and cleaned up when it comes back, or by the next start of a manager with the
    /// same run directory. Nor does a delegate or an observer of a workload that does not return; a delegate is told nothing more of that agent.
    /// </remarks>
    /// <exception cref="IOException">No process runs any more, but something could not be removed; the next start does that.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    Task StopAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends one agent, warm or not: its workload is asked first, has the grace period of its request, and then its whole process tree is
    /// killed. While it stops, further calls wait for the same end.
    /// </summary>
    /// <exception cref="ProcessManagerException">The id is unknown.</exception>
    Task<AgentExit> StopProcessAsync(string workloadId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes no new workload from now on: prepares fail with a typed error, those that wait included, warm agents end, none is started.
    /// Workloads that run go on. There is no way back. Returns when the warm agents have ended; may be called again.
    /// </summary>
    Task EnterLameDuckAsync(CancellationToken cancellationToken = default);
}
