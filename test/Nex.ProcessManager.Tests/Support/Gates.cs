using System.Collections.Concurrent;
using Nex.Testing.Fakes;

namespace Nex.ProcessManager.Tests.Support;

/// <summary>Holds back what agents say first, one by one.</summary>
internal sealed class Gates
{
    private readonly ConcurrentDictionary<int, TaskCompletionSource> _gates = new();
    private volatile bool _open;

    /// <summary>A launcher whose agents say nothing before their gate opens, from a number on.</summary>
    internal FakeLauncher Launcher(int closedFrom) =>
        new(number => number < closedFrom ? new FakeAgentPlan() : new FakeAgentPlan { HelloGate = Gate(number).Task });

    internal void Open(int number) => Gate(number).TrySetResult();

    /// <summary>Opens all that there are, and all that will be.</summary>
    internal void OpenAll()
    {
        _open = true;
        foreach (TaskCompletionSource gate in _gates.Values)
        {
            _ = gate.TrySetResult();
        }
    }

    private TaskCompletionSource Gate(int number)
    {
        TaskCompletionSource gate = _gates.GetOrAdd(number, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        if (_open)
        {
            _ = gate.TrySetResult();
        }

        return gate;
    }
}
