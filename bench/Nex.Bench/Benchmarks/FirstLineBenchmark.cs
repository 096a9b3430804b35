using System.Diagnostics;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;
using Nex.Workloads;

namespace Nex.Bench.Benchmarks;

/// <summary>
/// From the call of a deploy to the first line that the program writes, at a reader of its logs; compared to the same program that is started by posix_spawn
/// and read from a pipe.
/// </summary>
internal sealed class FirstLineBenchmark : Benchmark
{
    private const string Name = "deploy.first_line";

    internal override IReadOnlyList<string> Names => [Name];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        string program = await context.Programs.GetAsync("pause");
        await using RunningNode node = await RunningNode.StartAsync(context, Sandbox.None);
        DeployRequest request = await node.AddAsync(program, "ready");
        var series = new Series(() => MeasureAsync(node, request));
        var bare = new Series(() => Task.FromResult(MeasureBare(program)));
        await Series.InterleaveAsync(context, Name, context.Pick(30, 100, 400), series, bare);
        return
        [
            new Figure
            {
                Name = Name,
                Unit = "ms",
                Samples = series.Samples,
                Baseline = bare.Samples,
                Note = "the baseline is the same program, started by posix_spawn and read from a pipe",
            },
        ];
    }

    private static double MeasureBare(string program)
    {
        long begun = Stopwatch.GetTimestamp();
        using var child = PipedChild.Start(program, "ready");
        child.WaitForOutput();
        return Series.Since(begun);
    }

    private static async Task<double> MeasureAsync(RunningNode node, DeployRequest request)
    {
        await node.QuietAsync();
        long begun = Stopwatch.GetTimestamp();
        await using Workload workload = await node.DeployAsync(request);
        _ = await node.FirstLineAsync(workload);
        return Series.Since(begun);
    }
}
