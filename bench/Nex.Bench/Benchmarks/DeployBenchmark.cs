using System.Diagnostics;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;
using Nex.Workloads;

namespace Nex.Bench.Benchmarks;

/// <summary>
/// The deploy of a cached program on a warm agent, compared to what Linux itself needs: a fork and an execution in C. Between samples the
/// pool comes to rest; what a deploy starts itself, the replacement of its agent, runs beside it as it does for users.
/// </summary>
internal sealed class DeployBenchmark : Benchmark
{
    private const string Small = "deploy.elf";
    private const string Large = "deploy.elf.6mb";
    private const string Namespaces = "deploy.elf.namespaces";
    private const string PosixSpawn = "deploy.elf.posix_spawn";
    private const string ProcessStart = "deploy.elf.process_start";

    internal override IReadOnlyList<string> Names => [Small, Large, Namespaces, PosixSpawn, ProcessStart];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        string small = await context.Programs.GetAsync("pause");
        string large = await context.Programs.GetAsync("pause", "-DPADDING=6291456");
        using var forkExec = new ForkExec(await context.Programs.GetAsync("forkexec"), small);
        await using RunningNode node = await RunningNode.StartAsync(context, Sandbox.None);
        await using RunningNode? boxed = await context.TryAsync(Namespaces, () => RunningNode.StartAsync(context, Sandbox.Namespaces));

        DeployRequest request = await node.AddAsync(small);
        DeployRequest largeRequest = await node.AddAsync(large);
        DeployRequest? boxedRequest = boxed is null ? null : await boxed.AddAsync(small);
        var bare = new Series(() => Task.FromResult(forkExec.Measure()));
        List<(Series Series, string Name, string? Note)> measured =
        [
            (new Series(() => DeployAsync(node, request)), Small, "call to program started; the baseline is fork and exec of the same program in C"),
            (new Series(() => DeployAsync(node, largeRequest)), Large, null),
            (new Series(() => Task.FromResult(MeasureSpawn(small))), PosixSpawn, "the same program, started by posix_spawn from .NET without an agent"),
            (new Series(() => Task.FromResult(MeasureStart(small))), ProcessStart, "likewise by System.Diagnostics.Process"),
        ];
        if (boxed is not null)
        {
            measured.Insert(2, (new Series(() => DeployAsync(boxed, boxedRequest!)), Namespaces, null));
        }

        await Series.InterleaveAsync(context, Small, context.Pick(40, 150, 600), [bare, .. measured.Select(one => one.Series)]);
        return [.. measured.Select(one => ToFigure(one.Name, one.Series, bare, one.Note))];
    }

    private static Figure ToFigure(string name, Series series, Series bare, string? note) => new()
    {
        Name = name,
        Unit = "ms",
        Samples = series.Samples,
        Baseline = bare.Samples,
        Limits = name == Small ? [new Limit(Measure.Ratio, 3)] : [],
        Note = note,
    };

    private static async Task<double> DeployAsync(RunningNode node, DeployRequest request)
    {
        await node.QuietAsync();
        long begun = Stopwatch.GetTimestamp();
        await using Workload workload = await node.DeployAsync(request);
        double taken = Series.Since(begun);
        await workload.StopAsync();
        await node.QuietAsync();
        return taken;
    }

    private static double MeasureSpawn(string program)
    {
        long begun = Stopwatch.GetTimestamp();
        using Child child = Child.Start(program, []);
        return Series.Since(begun);
    }

    private static double MeasureStart(string program)
    {
        long begun = Stopwatch.GetTimestamp();
        using Process process = Process.Start(program);
        double taken = Series.Since(begun);
        process.Kill();
        process.WaitForExit();
        return taken;
    }
}
