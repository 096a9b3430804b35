namespace Nex.Bench.Harness;

/// <summary>Which number of a figure a limit is for.</summary>
internal enum Measure
{
    P50,
    P99,
    Ratio,
}

/// <summary>What a number of a figure must not exceed.</summary>
internal sealed record Limit(Measure Of, double Most)
{
    internal bool IsMetBy(Figure figure) => Of switch
    {
        Measure.P50 => figure.Samples.P50 <= Most,
        Measure.P99 => figure.Samples.P99 <= Most,
        _ => figure.Ratio is not { } ratio || ratio <= Most,
    };

    public override string ToString() => FormattableString.Invariant($"{Of.ToString().ToLowerInvariant()} ≤ {Most:0.###}");
}
