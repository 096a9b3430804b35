using System.Collections.Concurrent;
using Nex.ProcessManager.Agents;
using Nex.Testing.Waiting;

namespace Nex.Testing.Recorders;

/// <summary>Keeps what the observer of a workload is told, and what was told in a wrong order.</summary>
internal sealed class ObserverRecorder : IWorkloadObserver
{
    private readonly ConcurrentQueue<string> _faults = new();
    private int _calls;

    internal Action OnCall { get; set; } = () => { };

    internal Milestones<OutputLine> Lines { get; } = new();

    internal Milestones<WorkloadExit> Exits { get; } = new();

    /// <summary>The text of all lines so far, each behind the other.</summary>
    internal IReadOnlyList<string> Texts => [.. Lines.Reached.Select(line => line.Text)];

    internal IReadOnlyCollection<string> Faults => [.. _faults];

    /// <summary>The end of the workload.</summary>
    internal Task<WorkloadExit> ExitAsync() => Exits.AtAsync(0);

    public void OnOutput(OutputLine line) => Call(() =>
    {
        Require(Exits.Reached.Count == 0, $"There was output after the end: {line.Text}");
        Lines.Add(line);
    });

    public void OnExited(WorkloadExit exit) => Call(() =>
    {
        Require(Exits.Reached.Count == 0, "The end was told twice.");
        Exits.Add(exit);
    });

    private void Call(Action record)
    {
        Require(Interlocked.Increment(ref _calls) == 1, "Two calls came at the same time.");
        try
        {
            record();
            OnCall();
        }
        finally
        {
            _ = Interlocked.Decrement(ref _calls);
        }
    }

    private void Require(bool holds, string fault)
    {
        if (!holds)
        {
            _faults.Enqueue(fault);
        }
    }
}
