namespace Nex.Node.Control;

/// <summary>Counts the requests in work, up to a bound. Safe from any thread.</summary>
internal sealed class RequestGate(int capacity)
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inWork;
    private bool _closed;

    /// <returns>False where there are as many as there may be.</returns>
    internal bool TryEnter()
    {
        lock (_lock)
        {
            if (_inWork == capacity)
            {
                return false;
            }

            _inWork++;
            return true;
        }
    }

    internal void Leave()
    {
        lock (_lock)
        {
            if (--_inWork == 0 && _closed)
            {
                _empty.TrySetResult();
            }
        }
    }

    /// <summary>Waits until nothing is in work. Nothing may enter any more.</summary>
    internal Task CloseAsync()
    {
        lock (_lock)
        {
            _closed = true;
            if (_inWork == 0)
            {
                _empty.TrySetResult();
            }

            return _empty.Task;
        }
    }
}
