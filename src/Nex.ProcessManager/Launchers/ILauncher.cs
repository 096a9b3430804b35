using Nex.Linux.Processes;
using Nex.ProcessManager.Agents;
using Nex.Protocol.JsonRpc;
using Nex.Protocol.Workloads;

namespace Nex.ProcessManager.Launchers;

/// <summary>Starts agents of one kind. Any thread may call it at any time. It is disposed of when nothing of its agents is left.</summary>
internal interface ILauncher : IAsyncDisposable
{
    /// <summary>The name of its sandbox, for logs and metrics.</summary>
    string Sandbox { get; }

    /// <summary>Checks what it needs of the host, and removes what a killed node left behind. Called once, first.</summary>
    /// <exception cref="ProcessManagerException">The host lacks something; the message says what and how to get it.</exception>
    Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>Checks that the host can apply limits.</summary>
    /// <exception cref="ProcessManagerException">It cannot; the message says which, and what they need.</exception>
    void CheckLimits(WorkloadLimits limits);

    /// <summary>Starts the process of an agent, which then speaks first on its link.</summary>
    /// <param name="diagnostics">Takes what the agent itself writes.</param>
    /// <param name="cancellationToken">
    /// Signalled when the start is given up: its time is over, or the agent is to stop. The launch then ends soon: it throws, or returns the
    /// agent all the same, which is then ended. A launch that does neither is not waited for; what it returns late is ended then.
    /// </param>
    /// <exception cref="AgentStartException">It could not be started; nothing is left of the attempt.</exception>
    /// <exception cref="OperationCanceledException">It was given up; nothing is left of the attempt.</exception>
    Task<ILaunchedAgent> LaunchAsync(string agentId, AgentDiagnostics diagnostics, CancellationToken cancellationToken);
}

/// <summary>An agent's process, its sandbox, and all that the host holds for it.</summary>
/// <remarks>
/// It is disposed of when its process has ended: that removes all the rest, and first waits for what <see cref="CompleteAsync"/> does. Where it throws an
/// <see cref="IOException"/>, as on a host that is short of files for a while, it is disposed of again; otherwise once.
/// </remarks>
internal interface ILaunchedAgent : IAsyncDisposable
{
    /// <summary>The stream to the agent.</summary>
    Link Link { get; }

    /// <summary>Whether the agent is the first process of a machine of its own, which has to be told who it is before it says hello.</summary>
    bool IsGuest => false;

    /// <summary>Completes when the process has ended. Never fails.</summary>
    Task<ProcessExit> Exited { get; }

    /// <summary>
    /// Completes when what the host prepares beside the start, such as a cgroup, is in place. An agent is not warm before. Returns its task at
    /// once; when that does not complete in time, the agent is killed and disposed of meanwhile.
    /// </summary>
    /// <exception cref="AgentStartException">It cannot be put in place.</exception>
    Task CompleteAsync();

    /// <summary>Applies limits that have been checked, and those that every workload has, before the workload starts.</summary>
    /// <returns>What the agent has to limit its workload to by itself, or null.</returns>
    /// <exception cref="IOException">The host failed to apply one.</exception>
    WorkloadLimits? ApplyLimits(WorkloadLimits? limits);

    /// <summary>Kills the process and everything that came of it. May be called again, and after the end.</summary>
    void Kill();
}
