using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Nex.Node.Deploys;

/// <summary>
/// Remembers which claims have been used, so that nobody can use them again. Bounded in number and time; the oldest are forgotten first. What
/// is kept of each is a hash, because an id may be as long as its sender likes. Safe from any thread.
/// </summary>
internal sealed class UsedClaims(int capacity, TimeSpan memory, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, LinkedListNode<Use>> _used = [];
    private readonly LinkedList<Use> _oldestFirst = new();

    /// <returns>False where they have been used.</returns>
    internal bool TryUse(string issuer, string id)
    {
        UInt128 key = Key(issuer, id);
        long now = time.GetTimestamp();
        lock (_lock)
        {
            Forget(now);
            if (_used.ContainsKey(key))
            {
                return false;
            }

            if (_used.Count == capacity)
            {
                Remove(_oldestFirst.First!);
            }

            _used.Add(key, _oldestFirst.AddLast(new Use(key, now)));
            return true;
        }
    }

    /// <summary>Nothing came of what they were used for: they may be used again.</summary>
    internal void Return(string issuer, string id)
    {
        UInt128 key = Key(issuer, id);
        lock (_lock)
        {
            if (_used.TryGetValue(key, out LinkedListNode<Use>? use))
            {
                Remove(use);
            }
        }
    }

    /// <summary>An issuer is a key, which has no blank.</summary>
    private static UInt128 Key(string issuer, string id) => BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{issuer} {id}")));

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
        _used.Remove(use.Value.Key);
    }

    private readonly record struct Use(UInt128 Key, long At);
}
