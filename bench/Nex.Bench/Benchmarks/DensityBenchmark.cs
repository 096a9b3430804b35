using System.Diagnostics;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;

namespace Nex.Bench.Benchmarks;

/// <summary>
/// Pools from 10 to 2,000 warm agents on one machine: how soon they are full, what they occupy, what an idle one costs its node, how long a
/// caller waits for an agent, and how long it takes to stop them all. Figures are those of the largest; how each grows is drawn.
/// </summary>
internal sealed class DensityBenchmark : Benchmark
{
    private const string Name = "pool.density";
    private const int Calls = 64;
    private const double SpareMegabytes = 2048;
    private static readonly int[] Sizes = [10, 100, 200, 500, 1000, 2000];
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(10);

    internal override IReadOnlyList<string> Names =>
        [$"{Name}.fill", $"{Name}.memory", $"{Name}.node", $"{Name}.cpu", $"{Name}.prepare", $"{Name}.stop"];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        int[] sizes = Sizes[..context.Pick(2, Sizes.Length, Sizes.Length)];
        var measured = new List<Density>();
        for (int index = 0; index < sizes.Length; index++)
        {
            context.Progress.Report(Name, index, sizes.Length);
            if (ProcessMemory.Available() < sizes[index] + SpareMegabytes)
            {
                context.Skipped.Add(($"{Name} of {sizes[index]} agents", $"this host has {ProcessMemory.Available():#,0} MB left"));
                break;
            }

            measured.Add(await MeasureAsync(context, sizes[index]));
        }

        Density most = measured[^1];
        string of = $"{most.Agents:#,0} warm agents, sandbox none";
        return
        [
            ToFigure("fill", "agents/s", density => density.FillRate, $"{of}: from the start of the manager until all are warm"),
            ToFigure("memory", "MB", density => density.Memory.P50, $"{of}: PSS of one"),
            ToFigure("node", "MB", density => density.NodeMemory, $"{of}: what the node has grown by, for all"),
            ToFigure("cpu", "%", density => density.Cpu, $"{of}: of one processor, for the node, in {IdleTime.TotalSeconds} idle seconds"),
            ToFigure("prepare", "µs", density => density.Prepare.P99, $"{of}: p99 of {Calls} callers, one after the other"),
            ToFigure("stop", "ms", density => density.Stop, $"{of}: until nothing of them is left"),
        ];

        Figure ToFigure(string name, string unit, Func<Density, double> value, string note) => new()
        {
            Name = $"{Name}.{name}",
            Unit = unit,
            Samples = new Samples([value(most)]),
            Growth = [.. measured.Select(density => new GrowthPoint(density.Agents, value(density)))],
            Note = note,
        };
    }

    private static async Task<Density> MeasureAsync(BenchContext context, int agents)
    {
        double before = ProcessMemory.OfThisProcess();
        long begun = Stopwatch.GetTimestamp();
        await using RunningPool pool = await RunningPool.StartAsync(context, RunningPool.Options(context, Sandbox.None, agents));
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        var memory = new Samples(ProcessMemory.OfAgents());
        double nodeMemory = ProcessMemory.OfThisProcess() - before;
        double cpu = await IdleBenchmark.MeasureAsync(IdleTime, context.CancellationToken);
        Samples prepare = await PrepareAsync(pool);
        await pool.Watch.QuietAsync();
        begun = Stopwatch.GetTimestamp();
        await pool.Manager.StopAsync();
        return new Density
        {
            Agents = agents,
            FillRate = agents / seconds,
            Memory = memory,
            NodeMemory = nodeMemory,
            Cpu = cpu,
            Prepare = prepare,
            Stop = Series.Since(begun),
        };
    }

    private static async Task<Samples> PrepareAsync(RunningPool pool)
    {
        var calls = new List<double>();
        var taken = new List<string>();
        for (int call = 0; call < Calls; call++)
        {
            long begun = Stopwatch.GetTimestamp();
            taken.Add(await pool.Manager.PrepareNextWorkloadAsync(new DeployRequest { Name = "bench" }));
            calls.Add(Stopwatch.GetElapsedTime(begun).TotalMicroseconds);
        }

        await Task.WhenAll(taken.Select(id => pool.Manager.StopProcessAsync(id)));
        return new Samples(calls);
    }

    private sealed record Density
    {
        internal required int Agents { get; init; }

        internal required double FillRate { get; init; }

        internal required Samples Memory { get; init; }

        internal required double NodeMemory { get; init; }

        internal required double Cpu { get; init; }

        internal required Samples Prepare { get; init; }

        internal required double Stop { get; init; }
    }
}
