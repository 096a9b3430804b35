using Spectre.Console;

namespace Nex.Bench.Harness;

/// <summary>The results for people: a table, and below it what is to be known of single figures.</summary>
internal static class ResultsTable
{
    private const int PipedWidth = 140;

    internal static void Write(IReadOnlyList<Figure> figures, IReadOnlyList<(string Name, string Reason)> skipped)
    {
        IAnsiConsole console = AnsiConsole.Console;
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = PipedWidth;
        }

        Table table = new Table().Border(Console.IsOutputRedirected ? TableBorder.None : TableBorder.Rounded);
        table.AddColumn("figure").AddColumn("unit");
        foreach (string number in (string[])["median", "p99", "samples", "baseline", "ratio"])
        {
            table.AddColumn(new TableColumn(number).RightAligned());
        }

        table.AddColumn("limit");
        foreach (Figure figure in figures)
        {
            table.AddRow(
                figure.Name, figure.Unit, Number(figure.Samples.P50), Number(figure.Samples.P99), figure.Samples.Count.ToString(),
                figure.Alone is null ? Number(figure.Baseline?.P50) : "-", Number(figure.Ratio), string.Join(", ", figure.Limits.Select(limit => Verdict(figure, limit))));
        }

        console.Write(table);
        WriteNotes(console, figures, skipped);
    }

    private static void WriteNotes(IAnsiConsole console, IReadOnlyList<Figure> figures, IReadOnlyList<(string Name, string Reason)> skipped)
    {
        foreach (Figure figure in figures.Where(figure => figure.Note is not null))
        {
            console.MarkupLineInterpolated($"[bold]{figure.Name}[/]: {figure.Note}");
        }

        foreach (IGrouping<string, string> alone in figures.Where(figure => figure.Alone is not null).GroupBy(figure => figure.Alone!, figure => figure.Name))
        {
            console.MarkupLineInterpolated($"[bold]{string.Join(", ", alone)}[/]: no baseline: {alone.Key}");
        }

        foreach ((string name, string reason) in skipped)
        {
            console.MarkupLineInterpolated($"[bold]{name}[/]: not measured: {reason}");
        }
    }

    private static string Verdict(Figure figure, Limit limit) =>
        $"{Markup.Escape(limit.ToString())} {(limit.IsMetBy(figure) ? "[green]met[/]" : "[red]NOT MET[/]")}";

    /// <summary>Three digits are more than most figures are good for.</summary>
    internal static string Number(double? value) => value switch
    {
        null => "",
        >= 100 => value.Value.ToString("#,0"),
        >= 10 => value.Value.ToString("0.0"),
        >= 1 => value.Value.ToString("0.00"),
        _ => value.Value.ToString("0.000"),
    };
}
