using System.Collections.Concurrent;
using Nex.ProcessManager;
using Nex.Testing.Waiting;

namespace Nex.Testing.Recorders;

/// <summary>Keeps what a process delegate is told, and what was told in a wrong order. What it does then is up to the test.</summary>
internal sealed class DelegateRecorder : IProcessDelegate
{
    private readonly ConcurrentDictionary<string, Told> _told = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _faults = new();

    private enum Told
    {
        Starting,
        Started,
        Exiting,
        Exited,
    }

    internal Action<string> OnStarted { get; set; } = _ => { };

    internal Action<string, AgentExit> OnExited { get; set; } = (_, _) => { };

    /// <summary>The agents that became warm.</summary>
    internal Milestones<string> Started { get; } = new();

    /// <summary>The agents that ended.</summary>
    internal Milestones<AgentExit> Exited { get; } = new();

    /// <summary>The agents of whose start, and then of whose end, it has heard, and has returned.</summary>
    internal Milestones<string> Returned { get; } = new();

    /// <summary>Calls that came twice, out of order, or at the same time for one id.</summary>
    internal IReadOnlyCollection<string> Faults => [.. _faults];

    public void OnProcessStarted(string id)
    {
        if (!_told.TryAdd(id, Told.Starting))
        {
            _faults.Enqueue($"Agent {id} started, though something had been told of it.");
        }

        try
        {
            Started.Add(id);
            OnStarted(id);
        }
        finally
        {
            _told[id] = Told.Started;
            Returned.Add(id);
        }
    }

    public void OnProcessExited(string id, AgentExit exit)
    {
        if (!_told.TryUpdate(id, Told.Exiting, Told.Started))
        {
            _faults.Enqueue($"Agent {id} exited, though it had not just been told that it started.");
        }

        if (exit.Id != id)
        {
            _faults.Enqueue($"The exit of agent {id} is that of {exit.Id}.");
        }

        try
        {
            OnExited(id, exit);
        }
        finally
        {
            _told[id] = Told.Exited;
            Exited.Add(exit);
            Returned.Add(id);
        }
    }
}
