namespace Nex.ProcessManager.Tests.Pool.Linearizability;

/// <summary>A pool in which one thing happens after the other: simple enough to be right. What happens gives another, and changes none.</summary>
internal sealed class PoolModel
{
    private readonly string[] _ids;
    private readonly Agent[] _agents;
    private readonly string?[] _requests;
    private List<int> _warm;
    private List<PoolEvent> _line;
    private ProcessManagerError? _closed;

    /// <param name="ids">All agents that there will ever be, all of which begin to start now.</param>
    internal PoolModel(IEnumerable<string> ids)
    {
        _ids = [.. ids];
        _agents = new Agent[_ids.Length];
        _requests = new string?[_ids.Length];
        _warm = [];
        _line = [];
    }

    private PoolModel(PoolModel before)
    {
        _ids = before._ids;
        _agents = [.. before._agents];
        _requests = [.. before._requests];
        _warm = [.. before._warm];
        _line = [.. before._line];
        _closed = before._closed;
    }

    private enum Agent
    {
        Starting,
        Dead,
        Warm,
        Prepared,
        Stopping,
        Gone,
    }

    /// <summary>The prepares that have not been answered.</summary>
    internal IReadOnlyList<PoolEvent> Line => _line;

    /// <summary>All that the future depends on.</summary>
    internal string Key =>
        $"{_closed}|{string.Concat(_agents.Select(agent => (int)agent))}|{string.Join(',', _requests)}|{string.Join(',', _warm)}|{string.Join(',', _line.Select(waiting => waiting.Request))}";

    /// <returns>Null when it cannot happen now with that answer.</returns>
    internal PoolModel? After(PoolEvent happens)
    {
        var next = new PoolModel(this);
        int agent = Array.IndexOf(_ids, happens.Agent);
        return next.Does(happens, agent) ? next : null;
    }

    private bool Does(PoolEvent happens, int agent) => happens.Act switch
    {
        Act.PrepareNext => PrepareNext(happens),
        Act.Cancel => Cancel(happens),
        Act.Prepare => happens.Answer == Prepare(agent, happens.Request),
        Act.Get => happens.Answer == Get(agent),
        Act.Lookup => happens.Answer == (_agents[agent] == Agent.Gone ? "" : _requests[agent] ?? ""),
        Act.List => happens.Answer == string.Join(' ', _ids.Select((id, index) => (id, index)).Where(one => IsListed(one.index)).OrderBy(one => one.id, StringComparer.Ordinal).Select(one => $"{one.id}:{_requests[one.index]}")),
        Act.Count => happens.Answer == $"{_warm.Count} {_agents.Count(state => state == Agent.Prepared)} {_line.Count}",
        Act.Stop => happens.Answer == Stop(agent),
        Act.LameDuck => LameDuck(),
        Act.Close => Close(),
        Act.Warm => Warm(agent),
        Act.Die => Die(agent),
        _ => Remove(agent),
    };

    private bool IsListed(int agent) => _requests[agent] is not null && _agents[agent] != Agent.Gone;

    private bool PrepareNext(PoolEvent asks)
    {
        if (_closed is { } error)
        {
            return asks.Answer == error.ToString();
        }

        if (_warm.Count == 0)
        {
            _line.Add(asks);
            return true;
        }

        return Bind(_warm[0], asks.Request) == asks.Answer;
    }

    private bool Cancel(PoolEvent cancels) => _line.Find(waiting => waiting.Request == cancels.Request) is not { } waiting
        || (_line.Remove(waiting) && waiting.Answer == PoolEvent.Cancelled);

    private string Prepare(int agent, string request)
    {
        if (_closed is { } error)
        {
            return error.ToString();
        }

        if (_agents[agent] != Agent.Warm)
        {
            return (_agents[agent] == Agent.Gone ? ProcessManagerError.UnknownId : ProcessManagerError.NotWarm).ToString();
        }

        _ = Bind(agent, request);
        return PoolEvent.Done;
    }

    private string Bind(int agent, string request)
    {
        _ = _warm.Remove(agent);
        _agents[agent] = Agent.Prepared;
        _requests[agent] = request;
        return _ids[agent];
    }

    private string Get(int agent) => _agents[agent] == Agent.Gone
        ? nameof(ProcessManagerError.UnknownId)
        : _requests[agent] is null ? nameof(ProcessManagerError.NotPrepared) : PoolEvent.Done;

    private string Stop(int agent)
    {
        if (_agents[agent] == Agent.Gone)
        {
            return nameof(ProcessManagerError.UnknownId);
        }

        Leave(agent);
        return PoolEvent.Done;
    }

    private void Leave(int agent)
    {
        _ = _warm.Remove(agent);
        _agents[agent] = _agents[agent] == Agent.Gone ? Agent.Gone : Agent.Stopping;
    }

    private bool LameDuck()
    {
        if (_closed == ProcessManagerError.Stopping)
        {
            return true;
        }

        for (int agent = 0; agent < _agents.Length; agent++)
        {
            if (_agents[agent] < Agent.Prepared)
            {
                Leave(agent);
            }
        }

        return Refuse(ProcessManagerError.LameDuck);
    }

    private bool Close()
    {
        for (int agent = 0; agent < _agents.Length; agent++)
        {
            Leave(agent);
        }

        return Refuse(ProcessManagerError.Stopping);
    }

    private bool Refuse(ProcessManagerError error)
    {
        _closed = error;
        List<PoolEvent> refused = _line;
        _line = [];
        return refused.TrueForAll(waiting => waiting.Answer == error.ToString());
    }

    /// <summary>One that is known to be dead when it becomes warm is given to nobody.</summary>
    private bool Warm(int agent)
    {
        if (_agents[agent] == Agent.Dead)
        {
            Leave(agent);
            return true;
        }

        if (_agents[agent] != Agent.Starting)
        {
            return false;
        }

        _agents[agent] = Agent.Warm;
        _warm = [.. _warm, agent];
        if (_line.Count == 0)
        {
            return true;
        }

        PoolEvent first = _line[0];
        _line.RemoveAt(0);
        return Bind(agent, first.Request) == first.Answer;
    }

    private bool Die(int agent)
    {
        if (_agents[agent] == Agent.Starting)
        {
            _agents[agent] = Agent.Dead;
        }
        else
        {
            Leave(agent);
        }

        return true;
    }

    /// <summary>What has been warm is removed when it has left the pool, and what has not at any time.</summary>
    private bool Remove(int agent)
    {
        bool may = _agents[agent] is Agent.Stopping or Agent.Starting or Agent.Dead;
        _agents[agent] = Agent.Gone;
        return may;
    }
}
