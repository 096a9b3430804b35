namespace Nex.ProcessManager.Agents;

/// <summary>How long one agent may take to become warm, over all steps of its start.</summary>
internal sealed class StartDeadline : IDisposable
{
    private readonly string _agentId;
    private readonly Task _stopRequested;
    private readonly TimeSpan _timeout;
    private readonly CancellationTokenSource _started = new();

    /// <summary>The time begins now.</summary>
    /// <param name="stopRequested">Completes when the agent is not needed any more.</param>
    internal StartDeadline(string agentId, Task stopRequested, TimeSpan timeout, TimeProvider time)
    {
        _agentId = agentId;
        _stopRequested = stopRequested;
        _timeout = timeout;
        Over = Task.WhenAny(stopRequested, Task.Delay(timeout, time, _started.Token));
    }

    /// <summary>Completes when the start is to be given up. Never fails.</summary>
    internal Task Over { get; }

    /// <summary>Why it was given up.</summary>
    /// <param name="missing">What it still had to do, such as "did not say hello".</param>
    internal AgentStartException Failure(string missing) => _stopRequested.IsCompleted
        ? new AgentStartException(AgentStartFailure.Cancelled, $"The start of agent {_agentId} was given up.")
        : new AgentStartException(AgentStartFailure.StartTimeout, $"Agent {_agentId} {missing} within {_timeout.TotalSeconds:0.###} s.");

    /// <summary>The start is over.</summary>
    public void Dispose()
    {
        _started.Cancel();
        _started.Dispose();
    }
}
