using Nex.Linux;
using Nex.Linux.Processes;

namespace Nex.Agent.Workloads;

/// <summary>
/// Tells the agent's thread that a child has ended, be it the workload's main process or an orphan that the agent adopted. The thread
/// that waits reaps nothing: only the agent's thread does, so that it never signals a process id that has been given away.
/// </summary>
internal sealed class ExitWatcher : IDisposable
{
    private readonly Wakeup _wakeup = new();
    private readonly SemaphoreSlim _reaped = new(0);

    private ExitWatcher()
    {
    }

    /// <returns>Null when the system gives no thread now.</returns>
    internal static ExitWatcher? TryStart()
    {
        var watcher = new ExitWatcher();
        var thread = new Thread(watcher.Watch, maxStackSize: 64 * 1024) { IsBackground = true, Name = "exit watcher" };
        try
        {
            thread.Start();
            return watcher;
        }
        catch (OutOfMemoryException)
        {
            watcher.Dispose();
            return null;
        }
    }

    internal PollEntry PollEntry => new(_wakeup.Descriptor, PollEvents.Readable);

    /// <summary>Every child that had ended has been reaped: it can wait for the next.</summary>
    internal void Reaped()
    {
        _wakeup.Reset();
        // Only this thread releases, so one is never too few; and it counts no further, however often the agent comes by.
        if (_reaped.CurrentCount == 0)
        {
            _reaped.Release();
        }
    }

    public void Dispose() => _wakeup.Dispose();

    private void Watch()
    {
        try
        {
            while (Children.WaitForExit())
            {
                _wakeup.Raise();
                _reaped.Wait();
            }

            _wakeup.Raise();
        }
        catch (ObjectDisposedException)
        {
            // The agent has ended the workload itself, and is about to end.
        }
    }
}
