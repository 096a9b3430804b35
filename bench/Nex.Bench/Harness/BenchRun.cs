namespace Nex.Bench.Harness;

/// <summary>Runs the benchmarks that are wanted, one after the other, and reports.</summary>
internal sealed class BenchRun(BenchOptions options, IReadOnlyList<Benchmark> benchmarks)
{
    private const int Failed = 1;
    private const int Interrupted = 130;
    private bool _anyFailed;

    /// <returns>The exit code.</returns>
    internal async Task<int> RunAsync(CancellationToken cancellationToken)
    {
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
        if (options.CompareWith is { } earlier)
        {
            Comparison.Write(earlier, figures);
        }

        Console.WriteLine(ResultsFile.Write(options.ArtifactsDirectory, figures));
        Console.WriteLine(ResultsPlot.Write(options.ArtifactsDirectory, figures));
        bool allMet = figures.All(figure => figure.Limits.All(limit => limit.IsMetBy(figure)));
        return _anyFailed || (options.Check && !allMet) ? Failed : 0;
    }

    private async Task<IEnumerable<Figure>> RunAsync(Benchmark benchmark, BenchContext context)
    {
        string names = string.Join(", ", benchmark.Names.Where(context.IsWanted));
        try
        {
            string title = benchmark.Names.First(context.IsWanted);
            IReadOnlyList<Figure> figures = await context.Progress.RunAsync(title, () => benchmark.RunAsync(context));
            return figures.Where(figure => context.IsWanted(figure.Name));
        }
        catch (SkippedException skipped)
        {
            context.Skipped.Add((names, skipped.Message));
            return [];
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // It has cleaned up after itself; the others can still be measured.
            _anyFailed = true;
            context.Skipped.Add((names, failure.ToString()));
            return [];
        }
    }
}
