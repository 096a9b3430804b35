using System.Diagnostics;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager.Configuration;

namespace Nex.Bench.Benchmarks;

/// <summary>The stop of a manager with 100 warm agents, compared to that of as many bare native programs.</summary>
internal sealed class StopPoolBenchmark : Benchmark
{
    private const string Name = "stop.pool";
    private const int Agents = 100;

    internal override IReadOnlyList<string> Names => [Name];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        using var hello = new HelloServer(context);
        var stop = new Series(async () =>
        {
            await using RunningPool pool = await RunningPool.StartAsync(context, RunningPool.Options(context, Sandbox.None, Agents));
            long begun = Stopwatch.GetTimestamp();
            await pool.Manager.StopAsync();
            return Series.Since(begun);
        });
        var bare = new Series(async () =>
        {
            using Crowd crowd = await hello.StartManyAsync(context.BaselineProgram, Agents, Environment.ProcessorCount);
            return crowd.Stop();
        });
        await Series.InterleaveAsync(context, Name, warmUps: 0, context.Pick(2, 5, 20), stop, bare);
        return
        [
            new Figure
            {
                Name = Name,
                Unit = "ms",
                Samples = stop.Samples,
                Baseline = bare.Samples,
                Note = $"{Agents} warm agents, sandbox none, each asked to end; the baseline kills as many bare native .NET programs and waits for them",
            },
        ];
    }
}
