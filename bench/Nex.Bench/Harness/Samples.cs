namespace Nex.Bench.Harness;

/// <summary>What was measured, with its statistics by nearest rank: each is a value that did occur.</summary>
internal sealed class Samples
{
    private readonly double[] _sorted;

    internal Samples(IEnumerable<double> values)
    {
        _sorted = [.. values.Order()];
        ArgumentOutOfRangeException.ThrowIfZero(_sorted.Length, nameof(values));
    }

    internal int Count => _sorted.Length;

    /// <summary>From the least to the most.</summary>
    internal IReadOnlyList<double> Sorted => _sorted;

    internal double P50 => Percentile(50);

    internal double P99 => Percentile(99);

    private double Percentile(int percent) => _sorted[(int)Math.Ceiling(_sorted.Length * percent / 100.0) - 1];
}
