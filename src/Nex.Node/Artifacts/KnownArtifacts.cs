using System.Collections.Concurrent;

namespace Nex.Node.Artifacts;

/// <summary>
/// Which namespace has had which artifact whole. What the store of an artifact says of its hash can be written by its users: believed, it
/// would give them whatever the cache has under that hash, whoever it belongs to.
/// </summary>
internal sealed class KnownArtifacts
{
    private const int Capacity = 20_000;

    private readonly ConcurrentDictionary<(string Namespace, string Sha256), bool> _known = new();
    private int _count;

    internal bool Contains(string @namespace, string sha256) => _known.ContainsKey((@namespace, sha256));

    internal void Add(string @namespace, string sha256)
    {
        if (!_known.TryAdd((@namespace, sha256), true) || Interlocked.Increment(ref _count) <= Capacity)
        {
            return;
        }

        // Forgetting costs a fetch, no more.
        _known.Clear();
        Interlocked.Exchange(ref _count, 0);
    }
}
