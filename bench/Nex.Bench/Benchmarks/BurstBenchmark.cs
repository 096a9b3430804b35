using System.Diagnostics;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;
using Nex.Workloads;

namespace Nex.Bench.Benchmarks;

/// <summary>
/// 500 deploys at once on a pool of 50: each is served in its turn, and how long each of the callers waited until its program ran; compared to as many
/// bare native programs that are started at once, as many at a time.
/// </summary>
internal sealed class BurstBenchmark : Benchmark
{
    private const string Name = "pool.burst";
    private const string Order = "pool.burst.overtaken";
    private const int Pool = 50;

    internal override IReadOnlyList<string> Names => [Name, Order];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        int deploys = context.Pick(100, 500, 500);
        using var hello = new HelloServer(context);
        await using RunningNode node = await RunningNode.StartAsync(context, Sandbox.None, Pool);
        DeployRequest request = await node.AddAsync(await context.Programs.GetAsync("pause"));
        await node.QuietAsync();
        context.Progress.Report(Name, 0, deploys);
        (Samples waits, int overtaken) = await MeasureAsync(node, request, deploys);
        using Crowd bare = await hello.StartManyAsync(context.BaselineProgram, deploys, Environment.ProcessorCount);
        string scale = $"{deploys} deploys";
        return
        [
            new Figure
            {
                Name = Name,
                Unit = "ms",
                Samples = waits,
                Baseline = new Samples(bare.Waits),
                Scale = scale,
                Note = $"{deploys} deploys at once on a pool of {Pool}, from the first call until each program runs; the baseline is as many bare native .NET programs, {Environment.ProcessorCount} at a time",
            },
            new Figure
            {
                Name = Order,
                Unit = "callers",
                Samples = new Samples([overtaken]),
                Limits = [new Limit(Measure.P50, 0)],
                Scale = scale,
                Alone = "it is to be none",
                Note = "of those, who got an agent after one who had asked later",
            },
        ];
    }

    /// <summary>Deploys so many at once, and stops them.</summary>
    /// <returns>How long each waited, in milliseconds, and how many were overtaken.</returns>
    internal static async Task<(Samples Waits, int Overtaken)> MeasureAsync(RunningNode node, DeployRequest request, int deploys)
    {
        long begun = Stopwatch.GetTimestamp();
        Task<(Workload Workload, double Waited)>[] all = [.. Enumerable.Range(0, deploys).Select(_ => DeployAsync(node, request, begun))];
        (Workload Workload, double Waited)[] served = await Task.WhenAll(all);
        int overtaken = CountOvertaken([.. served.Select(one => one.Workload.AgentId!)]);
        await Task.WhenAll(served.Select(one => one.Workload.StopAsync()));
        await node.QuietAsync();
        return (new Samples(served.Select(one => one.Waited)), overtaken);
    }

    private static async Task<(Workload Workload, double Waited)> DeployAsync(RunningNode node, DeployRequest request, long begun)
    {
        Workload workload = await node.DeployAsync(request);
        return (workload, Series.Since(begun));
    }

    /// <summary>
    /// Agents are given in the order in which they became warm. That is the order of their ids, but for those that start together, and wait for a processor
    /// together.
    /// </summary>
    private static int CountOvertaken(IReadOnlyList<string> agents)
    {
        int together = 8 * Environment.ProcessorCount;
        return Enumerable.Range(0, Math.Max(0, agents.Count - together)).Count(index => string.CompareOrdinal(agents[index], agents[index + together]) > 0);
    }
}
