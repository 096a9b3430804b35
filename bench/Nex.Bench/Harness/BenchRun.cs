using System.Diagnostics;

namespace Nex.Bench.Harness;

/// <summary>Runs the benchmarks that are wanted, one after the other, and reports.</summary>
internal sealed class BenchRun(BenchOptions options, IReadOnlyList<Benchmark> benchmarks)
{
    private const int Failed = 1;
    private const int Unusable = 2;
    private const int Interrupted = 130;
    private readonly List<string> _failed = [];

    /// <returns>The exit code.</returns>
    internal async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Before anything is measured, which takes minutes.
            return await RunAsync(options.CompareWith is { } earlier ? Comparison.Read(earlier) : null, cancellationToken);
        }
        catch (InvalidDataException failure)
        {
            Console.Error.WriteLine(failure.Message);
            return Unusable;
        }
    }

    private async Task<int> RunAsync(Comparison? comparison, CancellationToken cancellationToken)
    {
        long begun = Stopwatch.GetTimestamp();
        using var workspace = new Workspace();
        var context = new BenchContext(options, workspace, new Progress(), cancellationToken);
        var figures = new List<Figure>();
        try
        {
            foreach (Benchmark benchmark in benchmarks.Where(benchmark => benchmark.Names.Any(context.IsWanted)))
            {
                figures.AddRange(await RunAsync(benchmark, context));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Console.Error.WriteLine("Interrupted.");
            return Interrupted;
        }

        ResultsTable.Write(figures, context.Skipped);
        comparison?.Write(figures);
        Console.WriteLine(ResultsFile.Write(options.ArtifactsDirectory, figures));
        Console.WriteLine(ResultsPlot.Write(options.ArtifactsDirectory, figures));
        Console.WriteLine(FormattableString.Invariant($"measured in {Stopwatch.GetElapsedTime(begun):m\\:ss} min"));
        int limits = figures.Sum(figure => figure.Limits.Count);
        int met = figures.Sum(figure => figure.Limits.Count(limit => limit.IsMetBy(figure)));
        // What the host cannot run has no limit to meet, which is said.
        string[] skipped = [.. context.Skipped.Select(skipped => skipped.Name).Except(_failed)];
        Console.WriteLine($"{met} of {limits} limits are met{List("; failed:", _failed)}{List("; not measured, because this host cannot:", skipped)}");
        return _failed.Count > 0 || (options.Check && met < limits) ? Failed : 0;
    }

    private static string List(string what, IReadOnlyCollection<string> names) => names.Count == 0 ? "" : $"{what} {string.Join(", ", names)}";

    private async Task<IEnumerable<Figure>> RunAsync(Benchmark benchmark, BenchContext context)
    {
        string names = string.Join(", ", benchmark.Names.Where(context.IsWanted));
        try
        {
            string title = benchmark.Names.First(context.IsWanted);
            IReadOnlyList<Figure> figures = await context.Progress.RunAsync(title, () => benchmark.RunAsync(context));
            return [.. figures.Where(figure => context.IsWanted(figure.Name)).Select(Checked)];
        }
        catch (SkippedException skipped)
        {
            context.Skipped.Add((names, skipped.Message));
            return [];
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // It has cleaned up after itself; the others can still be measured.
            _failed.Add(names);
            context.Skipped.Add((names, failure.ToString()));
            return [];
        }
    }

    private static Figure Checked(Figure figure) => figure.Baseline is null == figure.Alone is null
        ? throw new InvalidOperationException($"{figure.Name} must be compared to something, or say why it is not.")
        : figure;
}
