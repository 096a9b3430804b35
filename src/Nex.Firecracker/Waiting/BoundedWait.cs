namespace Nex.Firecracker.Waiting;

/// <summary>Why a wait ended before what it waited for.</summary>
internal enum WaitEnd
{
    /// <summary>It has not ended.</summary>
    None,

    /// <summary>The caller cancelled it.</summary>
    Cancelled,

    /// <summary>What it was called on has been disposed of.</summary>
    Disposed,

    /// <summary>The process that it waited for has ended.</summary>
    ProcessGone,

    /// <summary>Its time is over.</summary>
    TimedOut,
}

/// <summary>A wait that ends for the first of several reasons, and knows which it was.</summary>
internal sealed class BoundedWait : IDisposable
{
    // It has neither a timer nor a wait handle, so that nothing is lost if it is never disposed of, and it may be cancelled at any time.
    private readonly CancellationTokenSource _over = new();
    private readonly CancellationTokenRegistration _cancelled;
    private readonly CancellationTokenRegistration _disposed;
    private readonly ITimer _timer;
    private int _end;

    /// <param name="timeout">How long it may last; more than zero.</param>
    /// <param name="timeProvider">What the time is.</param>
    /// <param name="processExited">Completes, in whatever way, when the process has ended; null where that is not known.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <param name="disposing">That of the object that it was called on.</param>
    internal BoundedWait(
        TimeSpan timeout, TimeProvider timeProvider, Task? processExited, CancellationToken cancellationToken, CancellationToken disposing = default)
    {
        _cancelled = cancellationToken.UnsafeRegister(static wait => ((BoundedWait)wait!).EndBy(WaitEnd.Cancelled), this);
        _disposed = disposing.UnsafeRegister(static wait => ((BoundedWait)wait!).EndBy(WaitEnd.Disposed), this);
        _timer = timeProvider.CreateTimer(static wait => ((BoundedWait)wait!).EndBy(WaitEnd.TimedOut), this, timeout, Timeout.InfiniteTimeSpan);
        if (processExited is not null)
        {
            _ = WatchAsync(processExited);
        }
    }

    /// <summary>Cancelled when the wait ends.</summary>
    internal CancellationToken Token => _over.Token;

    /// <summary>The first reason.</summary>
    internal WaitEnd End => (WaitEnd)Volatile.Read(ref _end);

    public void Dispose()
    {
        _cancelled.Dispose();
        _disposed.Dispose();
        _timer.Dispose();
        // Ends the watch of the process, which outlives the wait.
        _over.Cancel();
    }

    private async Task WatchAsync(Task processExited)
    {
        await processExited.WaitAsync(_over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (processExited.IsCompleted)
        {
            EndBy(WaitEnd.ProcessGone);
        }
    }

    private void EndBy(WaitEnd end)
    {
        if (Interlocked.CompareExchange(ref _end, (int)end, (int)WaitEnd.None) == (int)WaitEnd.None)
        {
            _over.Cancel();
        }
    }
}
