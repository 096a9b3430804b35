using System.Diagnostics;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager;
using Nex.ProcessManager.Configuration;

namespace Nex.Bench.Benchmarks;

/// <summary>How soon a new manager has agents, compared to how soon as many bare native programs say hello.</summary>
internal sealed class FillBenchmark : Benchmark
{
    private const string First = "pool.first_warm";
    private const string Fill = "pool.fill.10";
    private const int Agents = 10;

    internal override IReadOnlyList<string> Names => [First, Fill];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        var filled = new List<double>();
        var first = new Series(() => MeasureAsync(context, filled));
        using var hello = new HelloServer(context);
        var bareFirst = new Series(() => hello.MeasureAsync(context.BaselineProgram));
        var bareAll = new Series(async () =>
        {
            using Crowd crowd = await hello.StartManyAsync(context.BaselineProgram, Agents, Environment.ProcessorCount);
            return crowd.Waits[^1];
        });
        int rounds = context.Pick(5, 15, 60);
        await Series.InterleaveAsync(context, Fill, rounds, first, bareFirst, bareAll);
        return
        [
            new Figure
            {
                Name = First,
                Unit = "ms",
                Samples = first.Samples,
                Baseline = bareFirst.Samples,
                Note = "a new manager with a pool of 10, sandbox none; the baseline is the start of a bare native .NET program that says hello",
            },
            new Figure
            {
                Name = Fill,
                Unit = "ms",
                Samples = new Samples(filled.TakeLast(rounds)),
                Baseline = bareAll.Samples,
                Note = $"the baseline is the start of {Agents} of them, as many at a time",
            },
        ];
    }

    private static async Task<double> MeasureAsync(BenchContext context, List<double> filled)
    {
        long begun = Stopwatch.GetTimestamp();
        await using IProcessManager manager = ProcessManagerFactory.Create(RunningPool.Options(context, Sandbox.None, Agents));
        var watch = new PoolWatch(manager, context.CancellationToken);
        await manager.StartAsync(watch, context.CancellationToken);
        double first = Series.Since(begun);
        await watch.FullAsync();
        filled.Add(Series.Since(begun));
        return first;
    }
}
