using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager.Configuration;

namespace Nex.Bench.Benchmarks;

/// <summary>What a node with 200 warm agents and nothing to do takes of a processor: the pings, and what answers them here.</summary>
internal sealed class IdleBenchmark : Benchmark
{
    private const string Name = "idle.cpu";
    private const int Agents = 200;

    internal override IReadOnlyList<string> Names => [Name];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        // Long enough for each agent to be pinged, which is every ten seconds.
        TimeSpan time = TimeSpan.FromSeconds(context.Pick(10, 20, 60));
        await using RunningPool pool = await RunningPool.StartAsync(context, RunningPool.Options(context, Sandbox.None, Agents));
        double percent = await MeasureAsync(time, context.CancellationToken);
        return
        [
            new Figure
            {
                Name = Name,
                Unit = "%",
                Samples = new Samples([percent]),
                Note = $"of one processor, for the node, over {time.TotalSeconds} s; {Agents} warm agents",
            },
        ];
    }

    /// <summary>What this process takes of one processor, in percent, while nothing is asked of it.</summary>
    internal static async Task<double> MeasureAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        await Task.Delay(time, cancellationToken);
        return (Environment.CpuUsage.TotalTime - before) / time * 100;
    }
}
