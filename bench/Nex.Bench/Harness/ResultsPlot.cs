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

    /// <summary>Writes one file for each picture, in place of those of an earlier run.</summary>
    /// <returns>The directory of the pictures.</returns>
    internal static string Write(string artifactsDirectory, IReadOnlyList<Figure> figures)
    {
        string directory = Path.Combine(artifactsDirectory, "bench", "plots");
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }

        Directory.CreateDirectory(directory);
        foreach (Figure figure in figures)
        {
            if (figure.Samples.Count >= FewestSamples)
            {
                Write(Path.Combine(directory, $"{figure.Name}.svg"), Distribution(figure));
            }

            if (figure.Growth.Count > 1)
            {
                Write(Path.Combine(directory, $"{figure.Name}.growth.svg"), Growth(figure));
            }
        }

        return directory;
    }

    private static void Write(string path, PlotModel plot) => File.WriteAllText(path, SvgExporter.ExportToString(plot, Width, Height, isDocument: true));

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
}
