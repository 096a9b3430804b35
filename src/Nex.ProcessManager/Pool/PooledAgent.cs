using Nex.ProcessManager.Agents;
using Nex.Protocol.Workloads;

namespace Nex.ProcessManager.Pool;

/// <summary>The states of an agent's life, in their order.</summary>
internal enum AgentState
{
    /// <summary>Its process is being started, or has not said hello.</summary>
    Starting,

    /// <summary>It waits for a workload.</summary>
    Warm,

    /// <summary>It has a deploy request.</summary>
    Prepared,

    /// <summary>It is being ended, or has died and is being cleaned up.</summary>
    Stopping,

    /// <summary>Nothing of it is left.</summary>
    Exited,
}

/// <summary>One agent, as the pool knows it. Only <see cref="AgentPool"/> changes it, under its lock.</summary>
internal sealed class PooledAgent(string id, int round)
{
    private readonly TaskCompletionSource _stopRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<AgentExit> _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal string Id { get; } = id;

    /// <summary>The <see cref="StartBackoff.Round"/> in which its start began.</summary>
    internal int Round { get; } = round;

    internal AgentState State { get; set; }

    internal DeployRequest? Request { get; set; }

    /// <summary>Set once it is warm.</summary>
    internal AgentSession? Session { get; set; }

    /// <summary>When it became warm, until its end is known.</summary>
    internal long? WarmSince { get; set; }

    /// <summary>One sentence, where it ended by itself so soon that it counts as a failed start.</summary>
    internal string? EndedTooSoon { get; set; }

    /// <summary>When it was taken.</summary>
    internal long TakenAt { get; set; }

    /// <summary>Its place among the warm while it is, and then among those that are not replaced yet.</summary>
    internal LinkedListNode<PooledAgent>? Place { get; set; }

    /// <summary>Why somebody asked it to end; null while nobody has.</summary>
    internal AgentExitCause? StopCause { get; private set; }

    /// <summary>Completes when somebody asks it to end.</summary>
    internal Task StopRequested => _stopRequested.Task;

    /// <summary>Completes when nothing of it is left and everybody who is told of that has been. Never fails.</summary>
    internal Task<AgentExit> Gone => _gone.Task;

    internal void RequestStop(AgentExitCause cause)
    {
        StopCause ??= cause;
        _stopRequested.TrySetResult();
    }

    internal void SetGone(AgentExit exit) => _gone.TrySetResult(exit);
}
