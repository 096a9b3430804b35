using Nex.Protocol.Workloads;

namespace Nex.ProcessManager.Pool;

/// <content>Who gets which agent.</content>
internal sealed partial class AgentPool
{
    private readonly LinkedList<Waiter> _waiters = new();

    /// <summary>Binds a request to exactly that agent.</summary>
    /// <exception cref="ProcessManagerException">It is unknown or not warm, or the pool takes no workloads.</exception>
    internal PooledAgent Prepare(string id, DeployRequest request)
    {
        PooledAgent agent;
        lock (_lock)
        {
            ThrowUnlessOpen();
            agent = Find(id);
            DropDead(agent);
            if (agent.State != AgentState.Warm)
            {
                throw new ProcessManagerException(ProcessManagerError.NotWarm, $"Agent '{id}' is not warm: it is {agent.State.ToString().ToLowerInvariant()}.");
            }

            Bind(agent, request);
        }

        Changed();
        return agent;
    }

    /// <summary>Binds a request to the agent that has been warm longest, and waits in line while there is none.</summary>
    /// <exception cref="ProcessManagerException">The pool takes no workloads, or stops taking them during the wait.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled; no agent was taken.</exception>
    internal ValueTask<PooledAgent> PrepareNextAsync(DeployRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        PooledAgent? agent;
        Waiter? waiter = null;
        lock (_lock)
        {
            ThrowUnlessOpen();
            agent = FirstWarm();
            if (agent is not null)
            {
                Bind(agent, request);
            }
            else
            {
                waiter = new Waiter(request, _time.GetTimestamp());
                waiter.Place = _waiters.AddLast(waiter);
                _telemetry.Waiting(1);
            }
        }

        Changed();
        return waiter is null ? new ValueTask<PooledAgent>(agent!) : new ValueTask<PooledAgent>(WaitAsync(waiter, cancellationToken));
    }

    private async Task<PooledAgent> WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        await using CancellationTokenRegistration cancelling = cancellationToken.UnsafeRegister(_ => Cancel(waiter, cancellationToken), null);
        return await waiter.Granted.Task.ConfigureAwait(false);
    }

    /// <summary>Either the waiter leaves the line here, or it has been given an agent and keeps it: an agent is never lost between the two.</summary>
    private void Cancel(Waiter waiter, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (Dequeue(waiter))
            {
                waiter.Granted.TrySetCanceled(cancellationToken);
            }
        }

        Changed();
    }

    /// <summary>An agent can die between two steps of its life: what is known to be dead is not handed out in between either.</summary>
    private bool DropDead(PooledAgent agent)
    {
        bool dead = agent is { State: AgentState.Warm, Session.Over.IsCompleted: true };
        if (dead)
        {
            JudgeEnd(agent);
            StopLocked(agent);
        }

        return dead;
    }

    private PooledAgent? FirstWarm()
    {
        while (_warm.First?.Value is { } agent && DropDead(agent))
        {
        }

        return _warm.First?.Value;
    }

    private void GrantNext()
    {
        if (_waiters.First?.Value is { } waiter && FirstWarm() is { } agent)
        {
            Dequeue(waiter);
            Bind(agent, waiter.Request);
            waiter.Granted.TrySetResult(agent);
        }
    }

    private void FailWaiters(Func<ProcessManagerException> reason)
    {
        while (_waiters.First?.Value is { } waiter)
        {
            Dequeue(waiter);
            waiter.Granted.TrySetException(reason());
        }
    }

    private bool Dequeue(Waiter waiter)
    {
        if (waiter.Place is not { } place)
        {
            return false;
        }

        _waiters.Remove(place);
        waiter.Place = null;
        _telemetry.Waiting(-1);
        _telemetry.Waited(waiter.Since);
        return true;
    }

    private void Bind(PooledAgent agent, DeployRequest request)
    {
        Move(agent, AgentState.Prepared);
        agent.Request = request;
        agent.TakenAt = _time.GetTimestamp();
        agent.Place = _unreplaced.AddLast(agent);
    }

    private void ThrowUnlessOpen()
    {
        if (_phase != Phase.Open)
        {
            throw _phase switch
            {
                Phase.LameDuck => LameDuck(),
                Phase.Stopping or Phase.Stopped => Stopping(),
                _ => new ProcessManagerException(ProcessManagerError.NotStarted, "The process manager has not been started."),
            };
        }
    }

    private sealed class Waiter(DeployRequest request, long since)
    {
        internal DeployRequest Request { get; } = request;

        internal long Since { get; } = since;

        internal TaskCompletionSource<PooledAgent> Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Its place in the line, while it waits.</summary>
        internal LinkedListNode<Waiter>? Place { get; set; }
    }
}
