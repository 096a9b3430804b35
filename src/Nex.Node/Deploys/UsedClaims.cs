namespace Nex.Node.Deploys;

/// <summary>
/// Remembers which claims have been used, so that nobody can use them again. Bounded in number and time; the oldest are forgotten first.
/// Safe from any thread.
/// </summary>
internal sealed class UsedClaims(int capacity, TimeSpan memory, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Issuer, string Id), LinkedListNode<Use>> _used = [];
    private readonly LinkedList<Use> _oldestFirst = new();

    /// <returns>False where they have been used.</returns>
    internal bool TryUse(string issuer, string id)
    {
        long now = time.GetTimestamp();
        lock (_lock)
        {
            Forget(now);
            if (_used.ContainsKey((issuer, id)))
            {
                return false;
            }

            if (_used.Count == capacity)
            {
                Remove(_oldestFirst.First!);
            }

            _used.Add((issuer, id), _oldestFirst.AddLast(new Use(issuer, id, now)));
            return true;
        }
    }

    /// <summary>Nothing came of what they were used for: they may be used again.</summary>
    internal void Return(string issuer, string id)
    {
        lock (_lock)
        {
            if (_used.TryGetValue((issuer, id), out LinkedListNode<Use>? use))
            {
                Remove(use);
            }
        }
    }

    private void Forget(long now)
    {
        while (_oldestFirst.First is { } oldest && time.GetElapsedTime(oldest.Value.At, now) > memory)
        {
            Remove(oldest);
        }
    }

    private void Remove(LinkedListNode<Use> use)
    {
        _oldestFirst.Remove(use);
        _used.Remove((use.Value.Issuer, use.Value.Id));
    }

    private readonly record struct Use(string Issuer, string Id, long At);
}
