namespace Nex.Testing.FirecrackerStandin.Vsock;

/// <summary>How many bytes the other side can take. One waits, any number give.</summary>
internal sealed class Credit(long initial)
{
    private readonly Lock _lock = new();
    private long _bytes = initial;
    private TaskCompletionSource? _waiting;

    internal void Add(uint bytes)
    {
        lock (_lock)
        {
            _bytes += bytes;
            _waiting?.SetResult();
            _waiting = null;
        }
    }

    /// <summary>Waits until there is some, and says how much.</summary>
    internal async Task<long> AvailableAsync()
    {
        while (true)
        {
            Task more;
            lock (_lock)
            {
                if (_bytes > 0)
                {
                    return _bytes;
                }

                _waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                more = _waiting.Task;
            }

            await more.ConfigureAwait(false);
        }
    }

    internal void Use(int bytes)
    {
        lock (_lock)
        {
            _bytes -= bytes;
        }
    }
}
