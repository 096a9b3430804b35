using System.Diagnostics;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;
using Nex.Workloads;

namespace Nex.Bench.Benchmarks;

/// <summary>The stop of a workload of ten processes: from the call until it returns, when none is left.</summary>
internal sealed class StopTreeBenchmark : Benchmark
{
    private const string Plain = "stop.tree";
    private const string Namespaces = "stop.tree.namespaces";
    private const string Processes = "10";

    internal override IReadOnlyList<string> Names => [Plain, Namespaces];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        string program = await context.Programs.GetAsync("tree");
        await using RunningNode? plain = await context.TryAsync(Plain, () => RunningNode.StartAsync(context, Sandbox.None));
        await using RunningNode? boxed = await context.TryAsync(Namespaces, () => RunningNode.StartAsync(context, Sandbox.Namespaces));
        var measured = new List<(string Name, Series Series)>();
        foreach ((string name, RunningNode? node) in new[] { (Plain, plain), (Namespaces, boxed) })
        {
            if (node is not null)
            {
                DeployRequest request = await node.AddAsync(program, Processes);
                measured.Add((name, new Series(() => MeasureAsync(node, request))));
            }
        }

        await Series.InterleaveAsync(context, Plain, context.Pick(20, 50, 200), [.. measured.Select(one => one.Series)]);
        return [.. measured.Select(one => new Figure { Name = one.Name, Unit = "ms", Samples = one.Series.Samples })];
    }

    private static async Task<double> MeasureAsync(RunningNode node, DeployRequest request)
    {
        Workload workload = await node.DeployAsync(request);
        _ = await node.FirstLineAsync(workload);
        long begun = Stopwatch.GetTimestamp();
        await workload.StopAsync();
        double taken = Series.Since(begun);
        await node.QuietAsync();
        return taken;
    }
}
