using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nex.Bench.Harness;

/// <summary>One figure as other programs read it.</summary>
/// <param name="Value">The median.</param>
/// <param name="Baseline">The median of what it is compared to, or null.</param>
/// <param name="Ratio">Value over baseline, or null.</param>
/// <param name="Samples">How many there were.</param>
/// <param name="Scale">How much was measured, where that depends on how long the run may take. Only what has the same can be compared.</param>
/// <param name="Growth">The value with so many agents, where that was measured.</param>
internal sealed record Result(
    string Name,
    double Value,
    string Unit,
    double? Baseline,
    double? Ratio,
    double P50,
    double P99,
    int Samples,
    string? Scale = null,
    IReadOnlyList<GrowthPoint>? Growth = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<Result>))]
internal sealed partial class ResultsJsonContext : JsonSerializerContext;

/// <summary>The file of results.</summary>
internal static class ResultsFile
{
    /// <returns>Its path.</returns>
    internal static string Write(string artifactsDirectory, IEnumerable<Figure> figures)
    {
        string directory = Path.Combine(artifactsDirectory, "bench");
        Directory.CreateDirectory(directory);
        string path = Path.Combine(directory, "results.json");
        IReadOnlyList<Result> results = [.. figures.Select(ToResult)];
        File.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(results, ResultsJsonContext.Default.IReadOnlyListResult));
        return path;
    }

    private static Result ToResult(Figure figure)
    {
        Samples samples = figure.Samples;
        return new Result(
            figure.Name, Round(samples.P50), figure.Unit, Round(figure.Baseline?.P50), Round(figure.Ratio), Round(samples.P50), Round(samples.P99),
            samples.Count, figure.Scale, figure.Growth is { Count: > 0 } growth ? [.. growth.Select(point => point with { Value = Round(point.Value) })] : null);
    }

    private static double Round(double value) => Math.Round(value, 4);

    private static double? Round(double? value) => value is { } known ? Round(known) : null;
}
