using System.Diagnostics;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;
using Nex.Workloads;

namespace Nex.Bench.Benchmarks;

/// <summary>
/// The stop of a workload of ten processes: from the call until it returns, when none is left. It is asked first, and then its agent ends too; the least
/// is to kill the group of the same processes, and to wait until none is left.
/// </summary>
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

        var bare = new Series(() => Task.FromResult(MeasureBare(program)));
        await Series.InterleaveAsync(context, Plain, context.Pick(20, 50, 200), [.. measured.Select(one => one.Series), bare]);
        return [.. measured.Select(one => new Figure
        {
            Name = one.Name,
            Unit = "ms",
            Samples = one.Series.Samples,
            Baseline = bare.Samples,
            Note = one.Name == Plain ? "a workload of ten processes, and its agent; the baseline kills the group of the same processes and waits for them" : null,
        })];
    }

    private static double MeasureBare(string program)
    {
        using var tree = PipedChild.Start(program, Processes);
        tree.WaitForOutput();
        return tree.Stop();
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
