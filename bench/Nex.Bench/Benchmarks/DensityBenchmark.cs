using System.Diagnostics;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;

namespace Nex.Bench.Benchmarks;

/// <summary>
/// Pools from 10 to 2,000 warm agents on one machine: how soon they are full, and full again, what an agent occupies, how long a caller waits for one, alone
/// and among many, and how long it takes to stop them all. Figures are those of the largest, beside as many bare native programs; how each grows is drawn.
/// </summary>
internal sealed class DensityBenchmark : Benchmark
{
    private const string Name = "pool.density";
    private static readonly int[] Sizes = [10, 100, 200, 500, 1000, 2000];

    internal override IReadOnlyList<string> Names =>
        [$"{Name}.fill", $"{Name}.refill", $"{Name}.memory", $"{Name}.prepare", $"{Name}.burst", $"{Name}.stop"];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        int[] sizes = context.Pick(Sizes[..2], Sizes[..4], Sizes);
        int calls = context.Pick(200, 500, 1000);
        int deploys = context.Pick(100, 200, 500);
        var measured = new List<Density>();
        for (int index = 0; index < sizes.Length; index++)
        {
            context.Progress.Report(Name, index, sizes.Length);
            if (context.HasRoomFor(sizes[index], Name))
            {
                measured.Add(await MeasureAsync(context, sizes[index], calls, deploys));
            }
        }

        Density most = measured is [.., var last] ? last : throw new SkippedException("this host has no room for its agents");
        using var hello = new HelloServer(context);
        using Crowd bare = await hello.StartManyAsync(context.BaselineProgram, most.Agents, Environment.ProcessorCount);
        string of = $"{most.Agents:#,0} warm agents, sandbox none";
        return
        [
            ToFigure("fill", "agents/s", density => density.FillRate, $"{of}: from the start of the manager until all are warm. More is better", bare.PerSecond),
            ToFigure("refill", "agents/s", density => density.RefillRate, $"{of}, all taken at once, until all are replaced. More is better", bare.PerSecond),
            ToFigure("memory", "MB", density => density.Memory.P50, $"{of}: PSS of one", bare.Memory.P50),
            ToFigure("prepare", "µs", density => density.Prepare.P99, $"{of}: p99 of {calls} calls") with { Alone = PrepareBenchmark.Alone },
            ToFigure("burst", "ms", density => density.Burst.P50, $"{of}: p50 of {deploys} deploys at once") with { Alone = "pool.burst is compared, on a pool of one size" },
            ToFigure("stop", "ms", density => density.Stop, $"{of}: until nothing of them is left; bare programs are killed", bare.Stop()),
        ];

        Figure ToFigure(string name, string unit, Func<Density, double> value, string note, double? baseline = null) => new()
        {
            Name = $"{Name}.{name}",
            Unit = unit,
            Samples = new Samples([value(most)]),
            Baseline = baseline is { } known ? new Samples([known]) : null,
            Scale = $"{most.Agents:#,0} agents",
            Growth = [.. measured.Select(density => new GrowthPoint(density.Agents, value(density)))],
            Note = note,
        };
    }

    private static async Task<Density> MeasureAsync(BenchContext context, int agents, int calls, int deploys)
    {
        string program = await context.Programs.GetAsync("pause");
        long begun = Stopwatch.GetTimestamp();
        await using RunningNode node = await RunningNode.StartAsync(context, Sandbox.None, agents);
        await node.QuietAsync();
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        var memory = new Samples(ProcessMemory.OfAgents());
        Samples prepare = await PrepareAsync(node.Pool, Math.Min(agents, calls), calls);
        double refillRate = await RefillBenchmark.MeasureAsync(node.Pool, agents);
        (Samples burst, _) = await BurstBenchmark.MeasureAsync(node, await node.AddAsync(program), deploys);
        begun = Stopwatch.GetTimestamp();
        await node.StopAsync();
        return new Density
        {
            Agents = agents,
            FillRate = agents / seconds,
            RefillRate = refillRate,
            Memory = memory,
            Prepare = prepare,
            Burst = burst,
            Stop = Series.Since(begun),
        };
    }

    /// <summary>One call after the other, as many as there are warm agents for, and again when they have been replaced.</summary>
    private static async Task<Samples> PrepareAsync(RunningPool pool, int atOnce, int calls)
    {
        var taken = new List<double>();
        while (taken.Count < calls)
        {
            var ids = new List<string>();
            for (int call = 0; call < atOnce; call++)
            {
                long begun = Stopwatch.GetTimestamp();
                ids.Add(await pool.Manager.PrepareNextWorkloadAsync(new DeployRequest { Name = "bench" }));
                taken.Add(Stopwatch.GetElapsedTime(begun).TotalMicroseconds);
            }

            await Task.WhenAll(ids.Select(id => pool.Manager.StopProcessAsync(id)));
            await pool.Watch.QuietAsync();
        }

        return new Samples(taken);
    }

    private sealed record Density
    {
        internal required int Agents { get; init; }

        internal required double FillRate { get; init; }

        internal required double RefillRate { get; init; }

        internal required Samples Memory { get; init; }

        internal required Samples Prepare { get; init; }

        internal required Samples Burst { get; init; }

        internal required double Stop { get; init; }
    }
}
