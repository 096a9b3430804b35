using System.Diagnostics;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager.Configuration;

namespace Nex.Bench.Benchmarks;

/// <summary>
/// What a node with 200 warm agents and nothing to do takes of a processor: the pings, and what answers them. Within this process, and as
/// the native program, whose agents are told apart.
/// </summary>
internal sealed class IdleBenchmark : Benchmark
{
    private const string Pool = "idle.cpu";
    private const string Node = "idle.cpu.node";
    private const string OfAgents = "idle.cpu.agents";
    private const int Agents = 200;

    // Until the last agents are warm, and what their start has left to do is done.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    internal override IReadOnlyList<string> Names => [Pool, Node, OfAgents];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        // Long enough for each agent to be pinged, which is every ten seconds.
        TimeSpan time = TimeSpan.FromSeconds(context.Pick(10, 20, 60));
        var figures = new List<Figure>();
        if (context.IsWanted(Pool))
        {
            await using RunningPool pool = await RunningPool.StartAsync(context, RunningPool.Options(context, Sandbox.None, Agents));
            double percent = await MeasureAsync(time, context.CancellationToken);
            figures.Add(ToFigure(Pool, percent, $"of one processor, for this process, its just-in-time compiler included, over {time.TotalSeconds} s; {Agents} warm agents"));
        }

        if (await context.TryAsync(Node, () => MeasureProgramAsync(context, time)) is { } program)
        {
            figures.AddRange(program);
        }

        return figures;
    }

    /// <summary>What this process takes of one processor, in percent, while nothing is asked of it.</summary>
    internal static async Task<double> MeasureAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        await Task.Delay(time, cancellationToken);
        return (Environment.CpuUsage.TotalTime - before) / time * 100;
    }

    private static async Task<IReadOnlyList<Figure>> MeasureProgramAsync(BenchContext context, TimeSpan time)
    {
        await using RunningNats nats = await RunningNats.StartAsync();
        await using NodeProgram node = await NodeProgram.StartAsync(context, nats, Agents);
        await node.FilledAsync(Agents, context.CancellationToken);
        await Task.Delay(Rest, context.CancellationToken);
        int[] agents = [.. ProcessMemory.AgentsOf(node.ProcessId)];
        (TimeSpan ofNode, TimeSpan ofAgents) = (Used([node.ProcessId]), Used(agents));
        await Task.Delay(time, context.CancellationToken);
        return
        [
            ToFigure(Node, (Used([node.ProcessId]) - ofNode) / time * 100, "the same for the native program, its agents not included", new Limit(Measure.P50, 2.5)),
            ToFigure(OfAgents, (Used(agents) - ofAgents) / time * 100, "all its agents together"),
        ];
    }

    private static TimeSpan Used(IReadOnlyList<int> processes) => processes.Aggregate(TimeSpan.Zero, static (sum, pid) =>
    {
        using var process = Process.GetProcessById(pid);
        return sum + process.TotalProcessorTime;
    });

    private static Figure ToFigure(string name, double percent, string note, params IReadOnlyList<Limit> limits) =>
        new() { Name = name, Unit = "%", Samples = new Samples([percent]), Note = note, Limits = limits };
}
