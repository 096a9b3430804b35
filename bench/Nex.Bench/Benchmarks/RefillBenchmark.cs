using System.Diagnostics;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;

namespace Nex.Bench.Benchmarks;

/// <summary>
/// How many agents a second take the places of those that were taken all at once, compared to how many a second the barest native .NET
/// programs say hello when as many are started at once.
/// </summary>
internal sealed class RefillBenchmark : Benchmark
{
    private const string Name = "pool.refill";
    private const int Agents = 50;

    internal override IReadOnlyList<string> Names => [Name];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        ProcessManagerOptions options = RunningPool.Options(context, Sandbox.None, Agents);
        await using RunningPool pool = await RunningPool.StartAsync(context, options);
        using var hello = new HelloServer(context);
        var refill = new Series(() => MeasureAsync(pool, Agents));
        var bare = new Series(async () =>
        {
            using Crowd crowd = await hello.StartManyAsync(context.BaselineProgram, Agents, options.MaxConcurrentStarts);
            return crowd.PerSecond;
        });
        await Series.InterleaveAsync(context, Name, warmUps: 1, context.Pick(3, 10, 40), refill, bare);
        return
        [
            new Figure
            {
                Name = Name,
                Unit = "agents/s",
                Samples = refill.Samples,
                Baseline = bare.Samples,
                Note = $"{Agents} taken at once; the baseline is as many bare native .NET programs, {options.MaxConcurrentStarts} at a time. More is better",
            },
        ];
    }

    /// <summary>Takes all warm agents.</summary>
    /// <returns>How many a second come in their places.</returns>
    internal static async Task<double> MeasureAsync(RunningPool pool, int agents)
    {
        string[] taken = await Task.WhenAll(
            Enumerable.Range(0, agents).Select(_ => pool.Manager.PrepareNextWorkloadAsync(new DeployRequest { Name = "bench" }).AsTask()));
        long begun = Stopwatch.GetTimestamp();
        await pool.Watch.FullAsync();
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        await Task.WhenAll(taken.Select(id => pool.Manager.StopProcessAsync(id)));
        await pool.Watch.QuietAsync();
        return agents / seconds;
    }
}
