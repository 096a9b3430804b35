using System.Diagnostics;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager.Configuration;

namespace Nex.Bench.Benchmarks;

/// <summary>The stop of a manager with 100 warm agents.</summary>
internal sealed class StopPoolBenchmark : Benchmark
{
    private const string Name = "stop.pool";
    private const int Agents = 100;

    internal override IReadOnlyList<string> Names => [Name];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        int rounds = context.Pick(2, 5, 20);
        var samples = new List<double>();
        for (int round = 0; round < rounds; round++)
        {
            context.Progress.Report(Name, round, rounds);
            await using RunningPool pool = await RunningPool.StartAsync(context, RunningPool.Options(context, Sandbox.None, Agents));
            long begun = Stopwatch.GetTimestamp();
            await pool.Manager.StopAsync();
            samples.Add(Series.Since(begun));
        }

        return [new Figure { Name = Name, Unit = "ms", Samples = new Samples(samples), Note = "100 warm agents, sandbox none" }];
    }
}
