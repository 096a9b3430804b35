using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using Nex.ProcessManager;
using Nex.ProcessManager.Pool;

namespace Nex.Demo;

/// <summary>Notes when each agent became warm.</summary>
internal sealed class PoolWatch(IProcessManager processes) : IProcessDelegate
{
    private readonly ConcurrentQueue<(string Id, long At)> _warmed = new();
    private readonly Channel<string> _unseen = Channel.CreateUnbounded<string>();

    internal int Size => processes.Status.Size;

    /// <summary>All agents that ever were warm.</summary>
    internal IReadOnlyList<string> AgentIds => [.. _warmed.Select(agent => agent.Id)];

    /// <summary>The timestamps at which agents became warm, in order.</summary>
    internal IReadOnlyList<long> WarmedAt => [.. _warmed.Select(agent => agent.At).Order()];

    public void OnProcessStarted(string id)
    {
        _warmed.Enqueue((id, Stopwatch.GetTimestamp()));
        _unseen.Writer.TryWrite(id);
    }

    /// <summary>Waits until as many agents are warm as the pool is to have.</summary>
    internal async Task WhenFullAsync(CancellationToken cancellationToken)
    {
        while (processes.Status.State != PoolState.Full)
        {
            await _unseen.Reader.ReadAsync(cancellationToken);
        }
    }
}
