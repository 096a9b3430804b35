using System.Collections.Concurrent;

namespace Nex.Chaos.World;

/// <summary>How often what was done, and every invariant that did not hold. Used by all actors at once.</summary>
internal sealed class Tally
{
    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _violations = new();

    internal IReadOnlyList<(string What, long Count)> Counts => [.. _counts.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (pair.Key, pair.Value))];

    internal IReadOnlyList<string> Violations => [.. _violations];

    internal void Add(string what, long count = 1) => _counts.AddOrUpdate(what, count, (_, before) => before + count);

    internal void Violate(string what)
    {
        _violations.Enqueue(what);
        Console.Error.WriteLine($"NOT TRUE: {what}");
    }
}
