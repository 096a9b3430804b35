using System.Text.Json;
using Spectre.Console;

namespace Nex.Bench.Harness;

/// <summary>How figures differ from those of an earlier run. Where both have a baseline, their ratios are compared: machines differ.</summary>
internal static class Comparison
{
    /// <exception cref="InvalidDataException">The file is no file of results.</exception>
    internal static void Write(string path, IReadOnlyList<Figure> figures)
    {
        Dictionary<string, Result> earlier = Read(path).ToDictionary(result => result.Name);
        Table table = new Table().Border(Console.IsOutputRedirected ? TableBorder.None : TableBorder.Rounded);
        table.AddColumn("figure").AddColumn("of");
        foreach (string number in (string[])["earlier", "now", "change"])
        {
            table.AddColumn(new TableColumn(number).RightAligned());
        }

        foreach (Figure figure in figures)
        {
            if (!earlier.TryGetValue(figure.Name, out Result? before))
            {
                table.AddRow(figure.Name, "", "none", ResultsTable.Number(figure.Samples.P50), "");
                continue;
            }

            (string of, double old, double now) = before.Ratio is { } ratio && figure.Ratio is { } current
                ? ("ratio", ratio, current)
                : (figure.Unit, before.Value, figure.Samples.P50);
            string change = old == 0 ? "" : FormattableString.Invariant($"{(now / old) - 1:+0 %;-0 %;0 %}");
            table.AddRow(figure.Name, of, ResultsTable.Number(old), ResultsTable.Number(now), change);
        }

        AnsiConsole.WriteLine($"Compared to {path}:");
        AnsiConsole.Write(table);
    }

    private static IReadOnlyList<Result> Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), ResultsJsonContext.Default.IReadOnlyListResult)
                ?? throw new JsonException("it is null");
        }
        catch (Exception failure) when (failure is IOException or JsonException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{path} cannot be compared with: {failure.Message}", failure);
        }
    }
}
