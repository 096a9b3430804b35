using System.Text;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace Nex.Bench.Harness;

/// <summary>The results as pictures: how the samples of each figure are distributed, and how figures grow with the number of agents.</summary>
internal static class ResultsPlot
{
    private const double Width = 720;
    private const double Height = 360;
    private const int FewestSamples = 5;

    /// <returns>The paths of the pictures.</returns>
    internal static IReadOnlyList<string> Write(string artifactsDirectory, IReadOnlyList<Figure> figures)
    {
        string directory = Path.Combine(artifactsDirectory, "bench");
        Directory.CreateDirectory(directory);
        PlotModel[] distributions = [.. figures.Where(figure => figure.Samples.Count >= FewestSamples).Select(Distribution)];
        PlotModel[] growths = [.. figures.Where(figure => figure.Growth.Count > 1).Select(Growth)];
        return
        [
            .. WriteFile(Path.Combine(directory, "distributions.svg"), distributions),
            .. WriteFile(Path.Combine(directory, "growth.svg"), growths),
        ];
    }

    /// <summary>The share of samples that are no more than a value, and beside it that of what the figure is compared to.</summary>
    private static PlotModel Distribution(Figure figure)
    {
        var plot = new PlotModel { Title = figure.Name, Background = OxyColors.White };
        double least = figure.Samples.Sorted[0];
        double most = Math.Max(figure.Samples.Sorted[^1], figure.Baseline?.Sorted[^1] ?? 0);
        plot.Axes.Add(least > 0 && most / least > 100
            ? new LogarithmicAxis { Position = AxisPosition.Bottom, Title = figure.Unit }
            : new LinearAxis { Position = AxisPosition.Bottom, Title = figure.Unit });
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Left, Title = "share of samples", Minimum = 0, Maximum = 1 });
        plot.Series.Add(Steps("measured", figure.Samples));
        if (figure.Baseline is { } baseline)
        {
            plot.Legends.Add(new Legend { LegendPosition = LegendPosition.RightBottom });
            plot.Series.Add(Steps("baseline", baseline));
        }

        return plot;
    }

    private static StairStepSeries Steps(string title, Samples samples)
    {
        var steps = new StairStepSeries { Title = title, VerticalStrokeThickness = 2 };
        for (int index = 0; index < samples.Count; index++)
        {
            steps.Points.Add(new DataPoint(samples.Sorted[index], (index + 1.0) / samples.Count));
        }

        return steps;
    }

    private static PlotModel Growth(Figure figure)
    {
        var plot = new PlotModel { Title = figure.Name, Background = OxyColors.White };
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Title = "agents", Minimum = 0 });
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Left, Title = figure.Unit, Minimum = 0 });
        var line = new LineSeries { MarkerType = MarkerType.Circle };
        line.Points.AddRange(figure.Growth.Select(point => new DataPoint(point.Agents, point.Value)));
        plot.Series.Add(line);
        return plot;
    }

    /// <summary>One picture of several plots, one below the other.</summary>
    private static IEnumerable<string> WriteFile(string path, PlotModel[] plots)
    {
        if (plots.Length == 0)
        {
            return [];
        }

        var picture = new StringBuilder();
        picture.Append(FormattableString.Invariant($"""<svg xmlns="http://www.w3.org/2000/svg" width="{Width}" height="{Height * plots.Length}">"""));
        for (int index = 0; index < plots.Length; index++)
        {
            picture.Append(FormattableString.Invariant($"""<svg y="{Height * index}" width="{Width}" height="{Height}">"""));
            picture.Append(SvgExporter.ExportToString(plots[index], Width, Height, isDocument: false));
            picture.Append("</svg>");
        }

        picture.Append("</svg>");
        File.WriteAllText(path, picture.ToString());
        return [path];
    }
}
