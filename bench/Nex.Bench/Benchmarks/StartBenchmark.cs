using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;

namespace Nex.Bench.Benchmarks;

/// <summary>The start of one agent, compared to that of the barest native .NET program, and that one to a C program.</summary>
internal sealed class StartBenchmark : Benchmark
{
    private const string Plain = "agent.start";
    private const string Namespaces = "agent.start.namespaces";
    private const string OfC = "agent.start.c";

    internal override IReadOnlyList<string> Names => [Plain, Namespaces, OfC];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        using var times = new StartTimes();
        using var hello = new HelloServer(context);
        await using RunningPool? plain = await context.TryAsync(Plain, () => StartAsync(context, Sandbox.None));
        await using RunningPool? namespaces = await context.TryAsync(Namespaces, () => StartAsync(context, Sandbox.Namespaces));
        string? c = await context.TryAsync(OfC, () => context.Programs.GetAsync("hello"));

        var bare = new Series(() => hello.MeasureAsync(context.BaselineProgram));
        Series? ofPlain = plain is null ? null : new Series(() => MeasureAsync(plain, times));
        Series? ofNamespaces = namespaces is null ? null : new Series(() => MeasureAsync(namespaces, times));
        Series? ofC = c is null ? null : new Series(() => hello.MeasureAsync(c));
        Series[] series = [.. new[] { bare, ofPlain, ofC, ofNamespaces }.OfType<Series>()];
        await Series.InterleaveAsync(context, Plain, context.Pick(30, 100, 500), series);
        return
        [
            .. Figures(Plain, ofPlain, bare, "from launch to warm; the baseline is a bare native .NET program that says hello", new Limit(Measure.Ratio, 1.6)),
            .. Figures(Namespaces, ofNamespaces, bare, note: null),
            .. Figures(OfC, ofC is null ? null : bare, ofC, "that bare .NET program, compared to a static C program that says hello"),
        ];
    }

    private static IEnumerable<Figure> Figures(string name, Series? measured, Series? baseline, string? note, params IReadOnlyList<Limit> limits)
    {
        if (measured is not null)
        {
            yield return new Figure
            {
                Name = name,
                Unit = "ms",
                Samples = measured.Samples,
                Baseline = baseline?.Samples,
                Limits = limits,
                Note = note,
            };
        }
    }

    private static Task<RunningPool> StartAsync(BenchContext context, Sandbox sandbox) =>
        RunningPool.StartAsync(context, RunningPool.Options(context, sandbox, size: 1) with { MaxConcurrentStarts = 1 });

    /// <summary>Takes the warm agent, so that another is started while nothing else happens; and only then ends the one that was taken.</summary>
    private static async Task<double> MeasureAsync(RunningPool pool, StartTimes times)
    {
        string taken = await pool.Manager.PrepareNextWorkloadAsync(new DeployRequest { Name = "bench" });
        await pool.Watch.FullAsync();
        double milliseconds = times.Last;
        await pool.Manager.StopProcessAsync(taken);
        await pool.Watch.QuietAsync();
        return milliseconds;
    }
}
