using Nex.ProcessManager.Agents;
using Nex.Protocol.Tasks;
using Nex.Protocol.Workloads;

namespace Nex.ProcessManager.Pool;

/// <summary>
/// All state of all agents' lives, and the only thing that changes it: who is warm, who is promised to whom, how many are missing. It does
/// nothing itself; it says what is to be started, and tells agents to stop.
/// </summary>
/// <remarks>
/// Every member may be called from any thread. One lock guards everything, nothing waits under it, and no foreign code runs under it. While
/// an agent is warm nobody waits for one, so a warm agent always goes to the first who comes, and the next warm one to the first who waits.
/// </remarks>
internal sealed partial class AgentPool
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, PooledAgent> _agents = [];
    private readonly HashSet<PooledAgent> _untold = [];
    private readonly LinkedList<PooledAgent> _warm = new();
    private readonly int[] _counts = new int[Enum.GetValues<AgentState>().Length];
    private readonly int _size;
    private readonly int _maxConcurrentStarts;
    private readonly int _startFailureLimit;
    private readonly TimeProvider _time;
    private readonly PoolTelemetry _telemetry;
    private readonly StartBackoff _backoff;
    private readonly TimeSpan _replacementDelay;
    private readonly Action _changed;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Phase _phase = Phase.Created;

    /// <param name="changed">Called, with no lock held, when starts may have become due. Must return at once.</param>
    internal AgentPool(Configuration.ProcessManagerOptions options, TimeProvider time, PoolTelemetry telemetry, Action changed)
    {
        _size = options.PoolSize;
        _maxConcurrentStarts = options.MaxConcurrentStarts;
        _startFailureLimit = options.StartFailureLimit;
        _replacementDelay = options.ReplacementDelay;
        _time = time;
        _telemetry = telemetry;
        _backoff = new StartBackoff(options, time);
        _changed = changed;
        // A manager that stops without having been started has nobody who waits for this.
        _ready.Task.Observe();
    }

    private enum Phase
    {
        Created,
        Opening,
        Open,
        LameDuck,
        Stopping,
        Stopped,
    }

    /// <summary>Completes when the first agent is warm, or fails with the reason why none will be.</summary>
    internal Task Ready => _ready.Task;

    internal PoolStatus Status
    {
        get
        {
            lock (_lock)
            {
                PoolState state = StateNow();
                return new PoolStatus
                {
                    State = state,
                    Size = _size,
                    Starting = _counts[(int)AgentState.Starting],
                    Warm = _counts[(int)AgentState.Warm],
                    Prepared = _counts[(int)AgentState.Prepared],
                    Stopping = _counts[(int)AgentState.Stopping],
                    Waiting = _waiters.Count,
                    Reason = state == PoolState.Failing ? _backoff.Reason : null,
                    NextStart = state == PoolState.Failing ? _backoff.NextStart : null,
                };
            }
        }
    }

    /// <summary>Takes the pool for its one start.</summary>
    /// <exception cref="ProcessManagerException">It has been started or stopped before, or is in lame duck.</exception>
    internal void BeginOpening()
    {
        lock (_lock)
        {
            _phase = _phase switch
            {
                Phase.Created => Phase.Opening,
                Phase.LameDuck => throw LameDuck(),
                Phase.Stopping or Phase.Stopped => throw Stopping(),
                _ => throw new ProcessManagerException(ProcessManagerError.AlreadyStarted, "The process manager has been started already: make another."),
            };
        }
    }

    /// <summary>From now on agents are started and handed out, unless the pool has been closed meanwhile.</summary>
    internal void Open()
    {
        lock (_lock)
        {
            _phase = _phase == Phase.Opening ? Phase.Open : _phase;
        }

        Changed();
    }

    /// <summary>An agent has died, or is about to be ended: it is not handed out any more.</summary>
    internal void Leave(PooledAgent agent)
    {
        lock (_lock)
        {
            JudgeEnd(agent);
            StopLocked(agent);
        }

        Changed();
    }

    /// <summary>Nothing of an agent is left. Those who are told of that are told now, before <see cref="SetGone"/>.</summary>
    internal void Remove(PooledAgent agent, AgentExit exit)
    {
        lock (_lock)
        {
            if (agent.EndedTooSoon is { } sentence)
            {
                _backoff.Explain($"{sentence} {exit.Detail}");
            }

            StopLocked(agent);
            _telemetry.Left(agent.State);
            _counts[(int)agent.State]--;
            agent.State = AgentState.Exited;
            _agents.Remove(agent.Id);
            _untold.Add(agent);
            _telemetry.Exited(exit.Cause);
        }

        Changed();
    }

    /// <summary>Everybody who is told of an agent's end has been.</summary>
    internal void SetGone(PooledAgent agent, AgentExit exit)
    {
        lock (_lock)
        {
            _untold.Remove(agent);
        }

        agent.SetGone(exit);
    }

    /// <summary>Tells an agent to stop, if it has not been told.</summary>
    /// <exception cref="ProcessManagerException">There is none of that id.</exception>
    internal PooledAgent RequestStop(string id, AgentExitCause cause)
    {
        PooledAgent agent;
        lock (_lock)
        {
            agent = Find(id);
        }

        RequestStop(agent, cause);
        return agent;
    }

    /// <summary>Tells an agent to stop, if it has not been told.</summary>
    internal void RequestStop(PooledAgent agent, AgentExitCause cause)
    {
        lock (_lock)
        {
            StopLocked(agent);
            agent.RequestStop(cause);
        }

        Changed();
    }

    /// <summary>No new workloads: waiters fail, and agents without a workload are told to stop.</summary>
    /// <returns>Those agents, and those that were told before and have not gone.</returns>
    internal IReadOnlyList<PooledAgent> EnterLameDuck()
    {
        PooledAgent[] ending;
        lock (_lock)
        {
            if (_phase is Phase.Stopping or Phase.Stopped)
            {
                return [];
            }

            _phase = Phase.LameDuck;
            _ready.TrySetException(LameDuck());
            FailWaiters(LameDuck);
            StopAll(agent => agent.State is AgentState.Starting or AgentState.Warm, AgentExitCause.LameDuck);
            ending = [.. _agents.Values.Concat(_untold).Where(agent => agent.StopCause == AgentExitCause.LameDuck)];
        }

        Changed();
        return ending;
    }

    /// <summary>The end: waiters fail, and every agent is told to stop.</summary>
    /// <returns>The agents that have not gone; there will be no others.</returns>
    internal IReadOnlyList<PooledAgent> Close()
    {
        PooledAgent[] ending;
        lock (_lock)
        {
            if (_phase != Phase.Stopped)
            {
                _phase = Phase.Stopping;
            }

            _ready.TrySetException(Stopping());
            FailWaiters(Stopping);
            StopAll(_ => true, AgentExitCause.ManagerStopped);
            ending = [.. _agents.Values, .. _untold];
        }

        Changed();
        return ending;
    }

    internal void MarkStopped()
    {
        lock (_lock)
        {
            _phase = Phase.Stopped;
        }
    }

    /// <summary>The prepared agents, as of one moment.</summary>
    internal IReadOnlyList<ProcessInfo> List()
    {
        lock (_lock)
        {
            return
            [
                .. _agents.Values
                    .Where(agent => agent.Request is not null)
                    .OrderBy(agent => agent.Id, StringComparer.Ordinal)
                    .Select(agent => new ProcessInfo(agent.Request!, agent.Id, agent.Request!.Name, agent.Request.Namespace)),
            ];
        }
    }

    /// <returns>Null when there is no such agent, or it has no request.</returns>
    internal DeployRequest? Lookup(string id)
    {
        lock (_lock)
        {
            return _agents.GetValueOrDefault(id)?.Request;
        }
    }

    /// <exception cref="ProcessManagerException">There is no such agent, or it has no request.</exception>
    internal AgentSession GetPrepared(string id)
    {
        lock (_lock)
        {
            PooledAgent agent = Find(id);
            return agent is { Request: not null, Session: { } session }
                ? session
                : throw new ProcessManagerException(ProcessManagerError.NotPrepared, $"Agent '{id}' has not been prepared for a workload.");
        }
    }

    /// <summary>Behind every change, and not under the lock: tells of it those who listen, and who starts agents.</summary>
    private void Changed()
    {
        _telemetry.Tell();
        _changed();
    }

    private PooledAgent Find(string id) => _agents.GetValueOrDefault(id)
        ?? throw new ProcessManagerException(ProcessManagerError.UnknownId, $"There is no agent '{id}', or none any more.");

    private void StopAll(Func<PooledAgent, bool> which, AgentExitCause cause)
    {
        foreach (PooledAgent agent in _agents.Values.Where(which))
        {
            StopLocked(agent);
            agent.RequestStop(cause);
        }
    }

    private void StopLocked(PooledAgent agent)
    {
        if (agent.State < AgentState.Stopping)
        {
            Move(agent, AgentState.Stopping);
        }
    }

    private void Enter(PooledAgent agent, AgentState state)
    {
        agent.State = state;
        _counts[(int)state]++;
        _telemetry.Entered(state);
    }

    private void Move(PooledAgent agent, AgentState state)
    {
        _telemetry.Left(agent.State);
        _counts[(int)agent.State]--;
        LeavePlace(agent);
        Enter(agent, state);
    }

    private static void LeavePlace(PooledAgent agent)
    {
        agent.Place?.List!.Remove(agent.Place);
        agent.Place = null;
    }

    private PoolState StateNow() => _phase switch
    {
        Phase.Created => PoolState.Created,
        Phase.LameDuck => PoolState.LameDuck,
        Phase.Stopping => PoolState.Stopping,
        Phase.Stopped => PoolState.Stopped,
        _ when _backoff.IsFailing => PoolState.Failing,
        _ => _counts[(int)AgentState.Warm] >= _size ? PoolState.Full : PoolState.Filling,
    };

    private static ProcessManagerException LameDuck() =>
        new(ProcessManagerError.LameDuck, "The pool is in lame duck and takes no new workloads: choose another node.");

    private static ProcessManagerException Stopping() => new(ProcessManagerError.Stopping, "The process manager is being stopped, or has been.");
}
