using System.Diagnostics;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;
using Nex.Workloads;

namespace Nex.Bench.Benchmarks;

/// <summary>500 deploys at once on a pool of 50: each is served in its turn, and how long each of the callers waited until its program ran.</summary>
internal sealed class BurstBenchmark : Benchmark
{
    private const string Name = "pool.burst";
    private const int Pool = 50;

    internal override IReadOnlyList<string> Names => [Name];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        int deploys = context.Pick(100, 500, 500);
        await using RunningNode node = await RunningNode.StartAsync(context, Sandbox.None, Pool);
        DeployRequest request = await node.AddAsync(await context.Programs.GetAsync("pause"));
        await node.QuietAsync();
        context.Progress.Report(Name, 0, deploys);
        long begun = Stopwatch.GetTimestamp();
        Task<(Workload Workload, double Waited)>[] all = [.. Enumerable.Range(0, deploys).Select(_ => DeployAsync(node, request, begun))];
        (Workload Workload, double Waited)[] served = await Task.WhenAll(all);
        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        int outOfTurn = CountOutOfTurn([.. served.Select(one => one.Workload.AgentId!)]);
        await Task.WhenAll(served.Select(one => one.Workload.StopAsync()));
        return
        [
            new Figure
            {
                Name = Name,
                Unit = "ms",
                Samples = new Samples(served.Select(one => one.Waited)),
                Note = $"{deploys} deploys at once on a pool of {Pool}, from the first call until each program runs: {deploys / seconds:0} a second; {outOfTurn} got an agent before one who had asked earlier",
            },
        ];
    }

    private static async Task<(Workload Workload, double Waited)> DeployAsync(RunningNode node, DeployRequest request, long begun)
    {
        Workload workload = await node.DeployAsync(request);
        return (workload, Series.Since(begun));
    }

    /// <summary>Agents are given in the order in which they became warm, which need not be that of their ids, but for a few that start together.</summary>
    private static int CountOutOfTurn(IReadOnlyList<string> agents)
    {
        const int startTogether = 8;
        int count = 0;
        for (int index = startTogether; index < agents.Count; index++)
        {
            count += string.CompareOrdinal(agents[index], agents[index - startTogether]) < 0 ? 1 : 0;
        }

        return count;
    }
}
