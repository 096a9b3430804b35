using System.Collections.Concurrent;
using Nex.ProcessManager;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Launchers;
using Nex.Protocol.Workloads;
using Nex.Testing.Waiting;

namespace Nex.Testing.Fakes;

/// <summary>
/// A launcher whose agents live in memory, each as its plan says. It is as strict as a real one: what must not be done to it, or to its
/// agents, is written down as a violation.
/// </summary>
internal sealed class FakeLauncher(Func<int, FakeAgentPlan>? plan = null) : ILauncher
{
    private static int _lastNumber;

    private readonly ConcurrentQueue<string> _violations = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _launches;
    private int _opened;
    private int _disposed;

    /// <summary>A name of its own, so that its metrics can be told from those of others.</summary>
    public string Sandbox { get; } = $"fake-{Interlocked.Increment(ref _lastNumber)}";

    /// <summary>How the agent of a number behaves, from 0 on.</summary>
    internal Func<int, FakeAgentPlan> Plan { get; set; } = plan ?? (_ => new FakeAgentPlan());

    /// <summary>Opening lasts until this completes, or the caller cancels.</summary>
    internal Task OpenGate { get; init; } = Task.CompletedTask;

    internal Exception? OpenFailure { get; init; }

    /// <summary>Runs in the caller's thread, before opening waits for anything.</summary>
    internal Action OnOpening { get; init; } = () => { };

    /// <summary>Why limits cannot be applied.</summary>
    internal ProcessManagerException? LimitsFailure { get; init; }

    /// <summary>Why not all of what it has can be removed when it is disposed of.</summary>
    internal Exception? CloseFailure { get; init; }

    /// <summary>Why artifacts have no room.</summary>
    internal ProcessManagerException? ArtifactFailure { get; init; }

    /// <summary>The ids of all launches that were asked for.</summary>
    internal Milestones<string> Requested { get; } = new();

    /// <summary>All agents that were launched.</summary>
    internal Milestones<FakeAgent> Launched { get; } = new();

    internal IReadOnlyCollection<string> Violations => [.. _violations];

    internal bool IsDisposed => Volatile.Read(ref _disposed) > 0;

    /// <summary>Completes when it has been disposed of.</summary>
    internal Task Closed => _closed.Task;

    internal FakeAgent Find(string id) => Launched.Reached.Single(agent => agent.Id == id);

    /// <summary>What is wrong with the end of the manager: something is left, or was done that must not be.</summary>
    internal IReadOnlyList<string> FindFaults() =>
    [
        .. _violations,
        .. Launched.Reached.Where(agent => !agent.IsDisposed).Select(agent => $"Agent {agent.Id} has not been cleaned up."),
        .. IsDisposed ? [] : new[] { "The launcher has not been disposed of." },
    ];

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        Require(Interlocked.Increment(ref _opened) == 1, "It was opened twice.");
        Require(!IsDisposed, "It was opened after it had been disposed of.");
        OnOpening();
        await OpenGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (OpenFailure is not null)
        {
            throw OpenFailure;
        }

        Require(!IsDisposed, "It was disposed of while it opened.");
    }

    public void CheckLimits(WorkloadLimits limits)
    {
        if (LimitsFailure is not null)
        {
            throw LimitsFailure;
        }
    }

    public void CheckArtifact(long size)
    {
        if (ArtifactFailure is not null)
        {
            throw ArtifactFailure;
        }
    }

    public async Task<ILaunchedAgent> LaunchAsync(string agentId, AgentDiagnostics diagnostics, CancellationToken cancellationToken)
    {
        Require(Volatile.Read(ref _opened) == 1, "An agent was launched before it was open.");
        Require(!IsDisposed, "An agent was launched after it had been disposed of.");
        int number = Interlocked.Increment(ref _launches) - 1;
        FakeAgentPlan plan = Plan(number);
        Requested.Add(agentId);
        plan.OnLaunching();
        await plan.LaunchGate.WaitAsync(plan.LaunchHeedsCancellation ? cancellationToken : CancellationToken.None).ConfigureAwait(false);
        if (plan.LaunchFailure is not null)
        {
            throw plan.LaunchFailure;
        }

        var agent = new FakeAgent(number, agentId, plan, diagnostics, _violations.Enqueue);
        Launched.Add(agent);
        return agent;
    }

    public ValueTask DisposeAsync()
    {
        Require(Interlocked.Increment(ref _disposed) == 1, "It was disposed of twice.");
        foreach (FakeAgent agent in Launched.Reached)
        {
            Require(agent.IsDisposed, $"It was disposed of before agent {agent.Id}.");
        }

        _ = _closed.TrySetResult();
        return CloseFailure is null ? ValueTask.CompletedTask : ValueTask.FromException(CloseFailure);
    }

    private void Require(bool holds, string violation)
    {
        if (!holds)
        {
            _violations.Enqueue(violation);
        }
    }
}
