namespace Nex.Node.Deploys;

/// <summary>
/// Remembers which claims have been used, so that nobody can use them again. Bounded in number and time; the oldest are forgotten first.
/// Safe from any thread.
/// </summary>
internal sealed class UsedClaims(int capacity, TimeSpan memory, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Issuer, string Id), long> _used = [];
    private readonly Queue<((string Issuer, string Id) Claims, long At)> _order = new();

    /// <returns>False where they have been used.</returns>
    internal bool TryUse(string issuer, string id)
    {
        long now = time.GetTimestamp();
        lock (_lock)
        {
            Forget(now);
            if (!_used.TryAdd((issuer, id), now))
            {
                return false;
            }

            _order.Enqueue(((issuer, id), now));
            return true;
        }
    }

    /// <summary>Nothing came of what they were used for: they may be used again.</summary>
    internal void Return(string issuer, string id)
    {
        lock (_lock)
        {
            // Its place in the order is passed over when its time comes.
            _used.Remove((issuer, id));
        }
    }

    private void Forget(long now)
    {
        while (_order.TryPeek(out var oldest) && (_order.Count >= capacity || time.GetElapsedTime(oldest.At, now) > memory))
        {
            _order.Dequeue();
            // One that was returned and used again has a later place.
            if (_used.TryGetValue(oldest.Claims, out long at) && at == oldest.At)
            {
                _used.Remove(oldest.Claims);
            }
        }
    }
}
