using Nex.ProcessManager;
using Nex.ProcessManager.Pool;

namespace Nex.Bench.Running;

/// <summary>Waits for a pool to come to rest.</summary>
internal sealed class PoolWatch(IProcessManager manager, CancellationToken cancellationToken) : IProcessDelegate
{
    private TaskCompletionSource _changed = NewSignal();
    private int _exits;

    /// <summary>How many agents that were warm have ended.</summary>
    internal int Exits => Volatile.Read(ref _exits);

    public void OnProcessStarted(string id) => Signal();

    public void OnProcessExited(string id, AgentExit exit)
    {
        Interlocked.Increment(ref _exits);
        Signal();
    }

    /// <summary>As many agents are warm as there should be; others may have workloads.</summary>
    internal Task FullAsync() => UntilAsync(static status => status.State == PoolState.Full);

    /// <summary>All agents are warm, and none is being started or ended.</summary>
    internal Task QuietAsync() => UntilAsync(static status => status is { State: PoolState.Full, Starting: 0, Prepared: 0, Stopping: 0 });

    private async Task UntilAsync(Func<PoolStatus, bool> condition)
    {
        while (true)
        {
            Task changed = Volatile.Read(ref _changed).Task;
            PoolStatus status = manager.Status;
            if (condition(status))
            {
                return;
            }

            if (status.State == PoolState.Failing)
            {
                throw new InvalidOperationException($"Agents do not start: {status.Reason}");
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private void Signal() => Interlocked.Exchange(ref _changed, NewSignal()).TrySetResult();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
