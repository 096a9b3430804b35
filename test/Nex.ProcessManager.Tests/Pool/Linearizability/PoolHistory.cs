using System.Collections.Concurrent;
using System.Globalization;
using Nex.ProcessManager.Pool;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Workloads;
using Nex.Testing.Fakes;

namespace Nex.ProcessManager.Tests.Pool.Linearizability;

/// <summary>Writes down what is called, what is answered, and what agents do meanwhile. Every member may be called at any time.</summary>
internal sealed class PoolHistory
{
    private readonly PoolTest _test;
    private readonly ConcurrentQueue<PoolEvent> _calls = new();
    private readonly ConcurrentDictionary<int, long> _launches = new();
    private readonly ConcurrentDictionary<string, long> _deaths = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _started = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (long At, AgentExitCause Cause)> _exited = new(StringComparer.Ordinal);
    private long _clock;
    private long _firstPass = long.MaxValue;
    private int _lastRequest;

    internal PoolHistory(PoolTest test)
    {
        _test = test;
        Func<int, FakeAgentPlan> plan = test.Launcher.Plan;
        test.Launcher.Plan = number =>
        {
            _launches[number] = Now();
            return plan(number);
        };
        test.Delegate.OnStarted = id => _started[id] = Now();
        test.Delegate.OnExited = (id, exit) => _exited[id] = (Now(), exit.Cause);
    }

    private IReadOnlyList<FakeAgent> Agents => _test.Launcher.Launched.Reached;

    /// <summary>Asks for the next agent, and takes the request back when it is told to.</summary>
    /// <returns>The agent, or null where there was none.</returns>
    internal async Task<string?> PrepareNextAsync(Func<CancellationTokenSource, Task>? cancel = null)
    {
        DeployRequest request = NextRequest();
        using var cancelling = new CancellationTokenSource();
        Task<string> asking = CallAsync(Act.PrepareNext, "", request.Name, () => _test.Manager.PrepareNextWorkloadAsync(request, cancelling.Token).AsTask());
        if (cancel is not null)
        {
            _ = await CallAsync(Act.Cancel, "", request.Name, () => DoneAsync(cancel(cancelling)));
        }

        string answer = await asking;
        return Agents.Any(agent => agent.Id == answer) ? answer : null;
    }

    internal Task PrepareAsync(string id)
    {
        DeployRequest request = NextRequest();
        return CallAsync(Act.Prepare, id, request.Name, () => DoneAsync(_test.Manager.PrepareWorkloadAsync(id, request).AsTask()));
    }

    internal Task StopAsync(string id) => CallAsync(Act.Stop, id, "", () => DoneAsync(_test.Manager.StopProcessAsync(id)));

    internal Task EnterLameDuckAsync() => CallAsync(Act.LameDuck, "", "", () => DoneAsync(_test.Manager.EnterLameDuckAsync()));

    internal Task CloseAsync() => CallAsync(Act.Close, "", "", () => DoneAsync(_test.Manager.StopAsync()));

    internal void Get(string id) => Ask(Act.Get, id, () =>
    {
        _ = _test.Manager.GetAgent(id);
        return PoolEvent.Done;
    });

    internal void Lookup(string id) => Ask(Act.Lookup, id, () => _test.Manager.Lookup(id)?.Name ?? "");

    internal void List() => Ask(Act.List, "", () => string.Join(' ', _test.Manager.ListProcesses().Select(process => $"{process.Id}:{process.Name}")));

    internal void Count() => Ask(Act.Count, "", () =>
    {
        PoolStatus status = _test.Manager.Status;
        return $"{status.Warm} {status.Prepared} {status.Waiting}";
    });

    internal void Kill(string id)
    {
        _ = _deaths.TryAdd(id, Now());
        _test.Launcher.Find(id).Exit(signal: 9);
    }

    /// <summary>Pings and starts that are not answered in so long are given up.</summary>
    internal void Pass(TimeSpan time)
    {
        long now = Now();
        _ = Interlocked.CompareExchange(ref _firstPass, now, long.MaxValue);
        _test.Time.Advance(time);
    }

    /// <summary>All that happened, once the manager has been stopped.</summary>
    internal IReadOnlyList<PoolEvent> Events() => [.. _calls, .. Agents.SelectMany(EventsOf)];

    internal bool IsExplained() => Linearizer.Explains(new PoolModel(Agents.Select(agent => agent.Id)), Events());

    /// <summary>For a person: in the order in which it began, and agents by their numbers.</summary>
    internal string Describe() => Agents.Aggregate(
        string.Join('\n', Events().OrderBy(happened => happened.From)),
        (text, agent) => text.Replace(agent.Id, agent.Number.ToString("'#'0", CultureInfo.InvariantCulture), StringComparison.Ordinal));

    private IEnumerable<PoolEvent> EventsOf(FakeAgent agent)
    {
        long launched = _launches[agent.Number];
        if (!_started.TryGetValue(agent.Id, out long started))
        {
            // Nobody is told of the end of one that never was warm, but those who had it stopped.
            IEnumerable<long> stops = _calls.Where(call => call is { Act: Act.Stop, Answer: PoolEvent.Done } && call.Agent == agent.Id).Select(call => call.To);
            return [new PoolEvent { Act = Act.Remove, Agent = agent.Id, From = launched, To = stops.DefaultIfEmpty(long.MaxValue).Min() }];
        }

        (long exited, AgentExitCause cause) = _exited[agent.Id];
        PoolEvent[] all =
        [
            new PoolEvent { Act = Act.Warm, Agent = agent.Id, From = launched, To = started },
            new PoolEvent { Act = Act.Remove, Agent = agent.Id, From = launched, To = exited },
            new PoolEvent { Act = Act.Die, Agent = agent.Id, From = Math.Min(_deaths.GetValueOrDefault(agent.Id, long.MaxValue), _firstPass), To = exited },
        ];
        bool diedByItself = cause is AgentExitCause.ProcessExited or AgentExitCause.LinkLost or AgentExitCause.ProtocolViolation or AgentExitCause.Unresponsive;
        return diedByItself ? all : all[..2];
    }

    private long Now() => Interlocked.Increment(ref _clock);

    private DeployRequest NextRequest() => PoolTest.Request($"request-{Interlocked.Increment(ref _lastRequest)}");

    private void Ask(Act act, string agent, Func<string> call) => _ = CallAsync(act, agent, "", () => Task.FromResult(call()));

    private async Task<string> CallAsync(Act act, string agent, string request, Func<Task<string>> call)
    {
        long from = Now();
        string answer;
        try
        {
            answer = await call();
        }
        catch (ProcessManagerException failure)
        {
            answer = failure.Error.ToString();
        }
        catch (OperationCanceledException)
        {
            answer = PoolEvent.Cancelled;
        }

        _calls.Enqueue(new PoolEvent { Act = act, Agent = agent, Request = request, Answer = answer, From = from, To = Now() });
        return answer;
    }

    private static async Task<string> DoneAsync(Task call)
    {
        await call;
        return PoolEvent.Done;
    }
}
