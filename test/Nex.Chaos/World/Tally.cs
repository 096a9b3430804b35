using System.Collections.Concurrent;
using System.Globalization;
using Nex.Chaos.Faults;

namespace Nex.Chaos.World;

/// <summary>What is counted together.</summary>
internal enum Section
{
    /// <summary>What users asked for.</summary>
    Operations,

    /// <summary>What came of it.</summary>
    Answers,

    /// <summary>Why nodes refused.</summary>
    Refusals,

    /// <summary>What was broken.</summary>
    Faults,

    /// <summary>What was missing or came twice, and may have while something else was broken.</summary>
    Excuses,
}

/// <summary>How often what was done, and every invariant that did not hold. Used by all actors at once.</summary>
internal sealed class Tally
{
    private readonly ConcurrentDictionary<(Section Section, string What), long> _counts = new();
    private readonly ConcurrentDictionary<Section, long> _sums = new();
    private readonly ConcurrentDictionary<string, string> _leftOut = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _violations = new();
    private long _kills;

    internal IReadOnlyList<string> Violations => [.. _violations];

    /// <summary>Faults that cannot be done on this host, and why.</summary>
    internal IReadOnlyDictionary<string, string> LeftOut => _leftOut;

    /// <summary>How many rounds are over.</summary>
    internal int Rounds { get; set; }

    internal long Operations => Sum(Section.Operations);

    internal string Line => string.Create(
        CultureInfo.InvariantCulture, $"{Operations:#,0} operations, {Sum(Section.Faults):#,0} faults, {Interlocked.Read(ref _kills):#,0} of them kills, {Sum(Section.Excuses):#,0} excuses");

    internal void Add(Section section, string what, long count = 1)
    {
        _ = _counts.AddOrUpdate((section, what), count, (_, before) => before + count);
        _ = _sums.AddOrUpdate(section, count, (_, before) => before + count);
    }

    internal void AddFault(Fault fault)
    {
        Add(Section.Faults, fault.Name);
        if (fault.Kills)
        {
            _ = Interlocked.Increment(ref _kills);
        }
    }

    internal void LeaveOut(string fault, string reason) => _leftOut[fault] = reason;

    internal long Sum(Section section) => _sums.GetValueOrDefault(section);

    /// <summary>What was counted in a section, the most frequent first.</summary>
    internal IEnumerable<(string What, long Count)> In(Section section) =>
        _counts.Where(pair => pair.Key.Section == section).Select(pair => (pair.Key.What, pair.Value)).OrderByDescending(pair => pair.Value).ThenBy(pair => pair.What, StringComparer.Ordinal);

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
}
