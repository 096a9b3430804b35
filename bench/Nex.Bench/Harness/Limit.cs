namespace Nex.Bench.Harness;

/// <summary>Which number of a figure a limit is for.</summary>
internal enum Measure
{
    P50,
    P99,
    Ratio,
}

/// <summary>What a number of a figure must not exceed, or, where more is better, must reach.</summary>
internal sealed record Limit(Measure Of, double Bound, bool IsLeast = false)
{
    internal bool IsMetBy(Figure figure) => Of switch
    {
        Measure.P50 => IsMetBy(figure.Samples.P50),
        Measure.P99 => IsMetBy(figure.Samples.P99),
        _ => figure.Ratio is not { } ratio || IsMetBy(ratio),
    };

    public override string ToString() => FormattableString.Invariant($"{Of.ToString().ToLowerInvariant()} {(IsLeast ? '≥' : '≤')} {Bound:0.###}");

    private bool IsMetBy(double value) => IsLeast ? value >= Bound : value <= Bound;
}
