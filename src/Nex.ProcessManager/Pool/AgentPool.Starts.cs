using Nex.ProcessManager.Agents;
using Nex.Protocol.Identifiers;

namespace Nex.ProcessManager.Pool;

/// <content>Which agents are started, and when.</content>
internal sealed partial class AgentPool
{
    private readonly HashSet<Task> _leftBehind = [];

    // In the order in which they were taken.
    private readonly LinkedList<PooledAgent> _unreplaced = new();

    /// <summary>Completes when what has been left behind by now has come back. Never fails.</summary>
    internal Task LeftBehind
    {
        get
        {
            lock (_lock)
            {
                return Task.WhenAll(_leftBehind);
            }
        }
    }

    /// <summary>The agents to start now: as many as are missing, a bounded number at once, and one at a time while starts fail.</summary>
    /// <param name="retryIn">When to ask again because a failed start, or a deploy, is waited for; null when there is no need to.</param>
    internal IReadOnlyList<PooledAgent> ClaimStarts(out TimeSpan? retryIn)
    {
        var claimed = new List<PooledAgent>();
        lock (_lock)
        {
            retryIn = _phase == Phase.Open ? _backoff.Wait : null;
            if (_phase != Phase.Open || retryIn is not null)
            {
                return claimed;
            }

            int starting = _counts[(int)AgentState.Starting];
            int missing = _size + _waiters.Count - starting - _counts[(int)AgentState.Warm] - HeldBack(out retryIn);
            int allowed = Math.Min(_backoff.Failures > 0 ? 1 : _maxConcurrentStarts, _maxConcurrentStarts - _leftBehind.Count) - starting;
            for (int count = Math.Min(missing, allowed); count > 0; count--)
            {
                var agent = new PooledAgent(SortableId.Create(_time), _backoff.Round);
                _agents.Add(agent.Id, agent);
                Enter(agent, AgentState.Starting);
                claimed.Add(agent);
            }
        }

        _telemetry.Tell();
        return claimed;
    }

    /// <summary>
    /// The start of an agent takes a processor that the deploy on the one it replaces would need: it begins when the workload runs, or does not
    /// come. Where somebody waits for an agent it begins at once.
    /// </summary>
    /// <returns>How many are not replaced yet.</returns>
    private int HeldBack(out TimeSpan? until)
    {
        until = null;
        while (_unreplaced.First?.Value is { } oldest)
        {
            TimeSpan left = _replacementDelay - _time.GetElapsedTime(oldest.TakenAt);
            if (left > TimeSpan.Zero && _waiters.Count == 0)
            {
                until = left;
                break;
            }

            LeavePlace(oldest);
        }

        return _unreplaced.Count;
    }

    /// <summary>A deploy on it has been answered, or given up.</summary>
    internal void DeployEnded(PooledAgent agent)
    {
        lock (_lock)
        {
            LeavePlace(agent);
        }

        Changed();
    }

    /// <summary>An agent has said hello: it goes to the first who waits, or becomes warm.</summary>
    /// <returns>False when it is to end: it was asked to meanwhile, or is one too many since somebody who waited has left.</returns>
    internal bool TryMarkWarm(PooledAgent agent, AgentSession session)
    {
        bool isNeeded;
        lock (_lock)
        {
            if (agent.State != AgentState.Starting)
            {
                return false;
            }

            _backoff.Succeeded();
            isNeeded = _waiters.Count > 0 || _counts[(int)AgentState.Warm] < _size;
            if (isNeeded)
            {
                agent.Session = session;
                session.DeployEnded = () => DeployEnded(agent);
                agent.WarmSince = _time.GetTimestamp();
                Move(agent, AgentState.Warm);
                agent.Place = _warm.AddLast(agent);
                GrantNext();
                _ready.TrySetResult();
            }
            else
            {
                StopLocked(agent);
                agent.RequestStop(AgentExitCause.NotNeeded);
            }
        }

        Changed();
        return isNeeded;
    }

    /// <summary>An agent did not become warm.</summary>
    internal void StartFailed(PooledAgent agent, AgentStartException failure)
    {
        lock (_lock)
        {
            if (agent.State != AgentState.Starting)
            {
                // It was told to stop, so that it did not start is no failure of the host.
                return;
            }

            Move(agent, AgentState.Stopping);
            _telemetry.StartFailed(failure.Failure);
            _backoff.Failed(agent.Round, failure.Message);
            if (_backoff.Failures >= _startFailureLimit || _leftBehind.Count >= _maxConcurrentStarts)
            {
                _ready.TrySetException(new ProcessManagerException(
                    ProcessManagerError.StartFailed, $"No agent could be started; {_backoff.Failures} attempts failed. The last: {failure.Message}", failure));
            }
        }

        Changed();
    }

    /// <summary>An agent is at its end: was that its start's fault? It is asked before anything is started in its place.</summary>
    private void JudgeEnd(PooledAgent agent)
    {
        if (agent is { WarmSince: { } since, Request: null, StopCause: null })
        {
            TimeSpan warmFor = _time.GetElapsedTime(since);
            string sentence = $"Agent {agent.Id} ended without a workload when it had been warm for {warmFor.TotalSeconds:0.###} s.";
            agent.EndedTooSoon = _backoff.Ended(agent.Round, warmFor, sentence) ? sentence : null;
        }

        agent.WarmSince = null;
    }

    /// <summary>
    /// The host hangs in what it does for an agent that is given up. Until that comes back it takes the place of a start, so that a host that
    /// does not answer is not asked for ever more.
    /// </summary>
    /// <param name="work">Must not fail.</param>
    internal void LeaveBehind(Task work)
    {
        lock (_lock)
        {
            _leftBehind.Add(work);
        }

        _ = work.ContinueWith(
            _ =>
            {
                lock (_lock)
                {
                    _leftBehind.Remove(work);
                }

                Changed();
            },
            TaskScheduler.Default);
    }
}
