using System.Diagnostics;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager;
using Nex.ProcessManager.Configuration;

namespace Nex.Bench.Benchmarks;

/// <summary>How soon a new manager has agents.</summary>
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
        int rounds = context.Pick(5, 15, 60);
        await Series.InterleaveAsync(context, Fill, rounds, first);
        return
        [
            new Figure { Name = First, Unit = "ms", Samples = first.Samples, Note = "a new manager with a pool of 10, sandbox none" },
            new Figure { Name = Fill, Unit = "ms", Samples = new Samples(filled.TakeLast(rounds)) },
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
