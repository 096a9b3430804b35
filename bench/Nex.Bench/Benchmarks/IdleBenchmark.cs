using System.Diagnostics;
using Nex.Bench.Harness;
using Nex.Bench.Running;

namespace Nex.Bench.Benchmarks;

/// <summary>
/// What native nodes with up to 2,000 warm agents and nothing to do take of a processor, for the pings and what answers them, and what they occupy.
/// </summary>
internal sealed class IdleBenchmark : Benchmark
{
    private const string Cpu = "idle.cpu.node";
    private const string CpuOfAgents = "idle.cpu.agents";
    private const string CpuOfMost = "pool.density.cpu";
    private const string MemoryOfMost = "pool.density.node";
    private const int Agents = 200;
    private const string NoWork = "a bare program that waits takes nothing";
    private static readonly int[] Sizes = [10, 100, Agents, 500, 1000, 2000];

    // Until the last agents are warm, and what their start has left to do is done.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    internal override IReadOnlyList<string> Names => [Cpu, CpuOfAgents, CpuOfMost, MemoryOfMost];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        // Long enough for each agent to be pinged, which is every ten seconds.
        TimeSpan time = TimeSpan.FromSeconds(context.Pick(10, 10, 30));
        int[] sizes = context.Pick([Agents], [10, Agents, 500], Sizes);
        var measured = new List<Idle>();
        for (int index = 0; index < sizes.Length; index++)
        {
            context.Progress.Report(Cpu, index, sizes.Length);
            if (context.HasRoomFor(sizes[index], Cpu))
            {
                measured.Add(await MeasureAsync(context, sizes[index], time));
            }
        }

        Idle usual = measured.Find(idle => idle.Agents == Agents) ?? throw new SkippedException($"it needs {Agents} agents");
        Idle most = measured[^1];
        string scale = $"{most.Agents:#,0} agents";
        string note = $"the native program, its agents not included, with {most.Agents:#,0} of them";
        return
        [
            ToFigure(Cpu, "%", usual, idle => idle.Node) with
            {
                Limits = [new Limit(Measure.P50, 2.5)],
                Note = $"of one processor, for the native program, its {usual.Agents} warm agents not included, over {time.TotalSeconds} s",
            },
            ToFigure(CpuOfAgents, "%", usual, idle => idle.OfAgents) with { Note = "all its agents together" },
            ToFigure(CpuOfMost, "%", most, idle => idle.Node) with { Scale = scale, Note = $"of one processor, for {note}, in {time.TotalSeconds} idle seconds" },
            ToFigure(MemoryOfMost, "MB", most, idle => idle.Memory) with { Scale = scale, Alone = "node.memory.idle is compared, without agents", Note = $"PSS of {note}" },
        ];

        Figure ToFigure(string name, string unit, Idle idle, Func<Idle, double> value) => new()
        {
            Name = name,
            Unit = unit,
            Samples = new Samples([value(idle)]),
            Alone = NoWork,
            Growth = [.. measured.Select(one => new GrowthPoint(one.Agents, value(one)))],
        };
    }

    private static async Task<Idle> MeasureAsync(BenchContext context, int count, TimeSpan time)
    {
        await using RunningNats nats = await RunningNats.StartAsync();
        await using NodeProgram node = await NodeProgram.StartAsync(context, nats, count);
        await node.FilledAsync(count, context.CancellationToken);
        await Task.Delay(Rest, context.CancellationToken);
        int[] agents = [.. ProcessMemory.AgentsOf(node.ProcessId)];
        (TimeSpan ofNode, TimeSpan ofAgents) = (Used([node.ProcessId]), Used(agents));
        await Task.Delay(time, context.CancellationToken);
        return new Idle(
            count,
            (Used([node.ProcessId]) - ofNode) / time * 100,
            (Used(agents) - ofAgents) / time * 100,
            ProcessMemory.Proportional(node.ProcessId));
    }

    private static TimeSpan Used(IReadOnlyList<int> processes) => processes.Aggregate(TimeSpan.Zero, static (sum, pid) =>
    {
        using var process = Process.GetProcessById(pid);
        return sum + process.TotalProcessorTime;
    });

    /// <param name="Node">What it takes of one processor, in percent.</param>
    /// <param name="OfAgents">What all its agents take together.</param>
    /// <param name="Memory">What the node occupies, in MB.</param>
    private sealed record Idle(int Agents, double Node, double OfAgents, double Memory);
}
