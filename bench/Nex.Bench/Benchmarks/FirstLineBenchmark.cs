using System.Diagnostics;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;
using Nex.Workloads;

namespace Nex.Bench.Benchmarks;

/// <summary>From the call of a deploy to the first line that the program writes, at a reader of its logs.</summary>
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
        await Series.InterleaveAsync(context, Name, context.Pick(30, 100, 400), series);
        return [new Figure { Name = Name, Unit = "ms", Samples = series.Samples }];
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
