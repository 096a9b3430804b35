using System.Collections.Concurrent;
using System.Globalization;

namespace Nex.Chaos.World;

/// <summary>How often what was done, and every invariant that did not hold. Used by all actors at once.</summary>
internal sealed class Tally
{
    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _violations = new();
    private long _operations;
    private long _faults;

    internal IReadOnlyList<string> Violations => [.. _violations];

    internal string Summary => string.Create(CultureInfo.InvariantCulture, $"{Volatile.Read(ref _operations):#,0} operations, {Volatile.Read(ref _faults):#,0} faults");

    internal void Add(string what, long count = 1) => _counts.AddOrUpdate(what, count, (_, before) => before + count);

    /// <summary>Counts what a user asks for.</summary>
    internal void AddOperation(string what)
    {
        Interlocked.Increment(ref _operations);
        Add(what);
    }

    /// <summary>Counts what was broken.</summary>
    internal void AddFault(string what)
    {
        Interlocked.Increment(ref _faults);
        Add($"fault: {what}");
    }

    internal void Violate(string what)
    {
        _violations.Enqueue(what);
        Console.Error.WriteLine($"NOT TRUE: {what}");
    }

    internal void ViolateEach(IEnumerable<string> all)
    {
        foreach (string what in all)
        {
            Violate(what);
        }
    }

    internal void Print()
    {
        foreach ((string what, long count) in _counts.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {count,9:#,0}  {what}"));
        }

        Console.WriteLine(_violations.IsEmpty
            ? $"  every invariant held: {Summary}"
            : $"  {_violations.Count} times an invariant did not hold: {Summary}");
    }
}
