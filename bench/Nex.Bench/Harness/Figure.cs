namespace Nex.Bench.Harness;

/// <summary>A value with so many agents.</summary>
internal sealed record GrowthPoint(int Agents, double Value);

/// <summary>One result: what was measured, and what it is compared to.</summary>
internal sealed record Figure
{
    internal required string Name { get; init; }

    internal required string Unit { get; init; }

    internal required Samples Samples { get; init; }

    /// <summary>What it is compared to, measured in the same run; null where there is nothing.</summary>
    internal Samples? Baseline { get; init; }

    /// <summary>Why it is compared to nothing; null where it is.</summary>
    internal string? Alone { get; init; }

    /// <summary>How much was measured, where that depends on the effort; null where no more than the number of samples does.</summary>
    internal string? Scale { get; init; }

    internal IReadOnlyList<Limit> Limits { get; init; } = [];

    /// <summary>How it grows with the number of agents; empty where that was not measured.</summary>
    internal IReadOnlyList<GrowthPoint> Growth { get; init; } = [];

    /// <summary>What a reader of the number must know, or null.</summary>
    internal string? Note { get; init; }

    /// <summary>Median over median.</summary>
    internal double? Ratio => Baseline is { } baseline ? Samples.P50 / baseline.P50 : null;
}
