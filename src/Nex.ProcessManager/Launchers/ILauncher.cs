using Nex.Linux.Processes;
using Nex.ProcessManager.Agents;
using Nex.Protocol.JsonRpc;
using Nex.Protocol.Workloads;

namespace Nex.ProcessManager.Launchers;

/// <summary>Starts agents of one kind. Any thread may call it at any time.</summary>
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
    /// <exception cref="AgentStartException">It could not be started; nothing is left of the attempt.</exception>
    Task<ILaunchedAgent> LaunchAsync(string agentId, AgentDiagnostics diagnostics);
}

/// <summary>An agent's process, its sandbox, and all that the host holds for it.</summary>
internal interface ILaunchedAgent : IAsyncDisposable
{
    /// <summary>The stream to the agent.</summary>
    Link Link { get; }

    /// <summary>Completes when the process has ended. Never fails.</summary>
    Task<ProcessExit> Exited { get; }

    /// <summary>Completes when what the host prepares beside the start, such as a cgroup, is in place. An agent is not warm before.</summary>
    /// <exception cref="AgentStartException">It cannot be put in place.</exception>
    Task CompleteAsync();

    /// <summary>Applies limits that have been checked, and those that every workload has, before the workload starts.</summary>
    /// <returns>The number of processes that the agent has to limit its workload to, or null.</returns>
    /// <exception cref="IOException">The host failed to apply one.</exception>
    int? ApplyLimits(WorkloadLimits? limits);

    /// <summary>Kills the process and everything that came of it. May be called again, and after the end.</summary>
    void Kill();
}
