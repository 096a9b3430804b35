using System.Text.Json;
using Spectre.Console;

namespace Nex.Bench.Harness;

/// <summary>
/// How figures differ from those of an earlier run. Where both have a baseline, their ratios are compared: machines differ. What was measured at another
/// scale is not compared.
/// </summary>
internal sealed class Comparison
{
    private readonly string _path;
    private readonly Dictionary<string, Result> _earlier;

    private Comparison(string path, Dictionary<string, Result> earlier)
    {
        _path = path;
        _earlier = earlier;
    }

    /// <exception cref="InvalidDataException">The file is no file of results.</exception>
    internal static Comparison Read(string path)
    {
        try
        {
            IReadOnlyList<Result> results = JsonSerializer.Deserialize(File.ReadAllBytes(path), ResultsJsonContext.Default.IReadOnlyListResult)
                ?? throw new JsonException("it is null");
            return results.Any(result => result?.Name is null)
                ? throw new JsonException("there is an entry without a name")
                : new Comparison(path, results.ToDictionary(result => result.Name));
        }
        catch (Exception failure) when (failure is IOException or JsonException or UnauthorizedAccessException or ArgumentException)
        {
            throw new InvalidDataException($"{path} cannot be compared with: {failure.Message} Name the results.json of an earlier run.", failure);
        }
    }

    internal void Write(IReadOnlyList<Figure> figures)
    {
        Table table = new Table().Border(Console.IsOutputRedirected ? TableBorder.None : TableBorder.Rounded);
        table.AddColumn("figure").AddColumn("of");
        foreach (string number in (string[])["earlier", "now", "change"])
        {
            table.AddColumn(new TableColumn(number).RightAligned());
        }

        foreach (Figure figure in figures)
        {
            table.AddRow([.. Row(figure).Select(Markup.Escape)]);
        }

        AnsiConsole.WriteLine($"Compared to {_path}:");
        AnsiConsole.Write(table);
    }

    private string[] Row(Figure figure)
    {
        if (!_earlier.TryGetValue(figure.Name, out Result? before))
        {
            return [figure.Name, "", "none", ResultsTable.Number(figure.Samples.P50), ""];
        }

        if (before.Scale != figure.Scale)
        {
            return [figure.Name, figure.Unit, ResultsTable.Number(before.Value), ResultsTable.Number(figure.Samples.P50), $"not the same: {before.Scale ?? "unknown"}, {figure.Scale ?? "unknown"}"];
        }

        (string of, double old, double now) = before.Ratio is { } ratio && figure.Ratio is { } current
            ? ("ratio", ratio, current)
            : (figure.Unit, before.Value, figure.Samples.P50);
        return [figure.Name, of, ResultsTable.Number(old), ResultsTable.Number(now), old == 0 ? "" : FormattableString.Invariant($"{(now / old) - 1:+0 %;-0 %;0 %}")];
    }
}
