using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager.Configuration;

namespace Nex.Bench.Benchmarks;

/// <summary>What a warm agent occupies, compared to a bare native program that waits as it does, and what it makes the node occupy.</summary>
internal sealed class MemoryBenchmark : Benchmark
{
    private const string Plain = "agent.pss";
    private const string Namespaces = "agent.pss.namespaces";
    private const string Node = "node.memory.agent";
    private const int Agents = 100;

    internal override IReadOnlyList<string> Names => [Plain, Namespaces, Node];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        var figures = new List<Figure>();
        Samples bare = await MeasureBareAsync(context);
        if (context.IsWanted(Plain) || context.IsWanted(Node))
        {
            figures.AddRange(await MeasurePlainAsync(context, bare));
        }

        if (await context.TryAsync(Namespaces, () => MeasureNamespacesAsync(context, bare)) is { } namespaces)
        {
            figures.Add(namespaces);
        }

        return figures;
    }

    private static async Task<Samples> MeasureBareAsync(BenchContext context)
    {
        using var hello = new HelloServer(context);
        using Crowd crowd = await hello.StartManyAsync(context.BaselineProgram, Agents, Environment.ProcessorCount);
        return crowd.Memory;
    }

    private static async Task<IReadOnlyList<Figure>> MeasurePlainAsync(BenchContext context, Samples bare)
    {
        context.Progress.Report(Plain, 0, Agents);
        ProcessManagerOptions options = Options(context, Sandbox.None);
        await using RunningPool first = await RunningPool.StartAsync(context, options);
        await PingedAsync(first, options, context.CancellationToken);
        var figure = new Figure
        {
            Name = Plain,
            Unit = "MB",
            Samples = new Samples(ProcessMemory.OfAgents()),
            Baseline = bare,
            Limits = [new Limit(Measure.P50, 1.5)],
            Note = $"PSS of one of {Agents}; the baseline is that of one of {Agents} bare native .NET programs that have said hello and wait",
        };

        // The code that starts agents has been compiled by now: what the node grows by with a second pool is due to its agents.
        double before = ProcessMemory.OfThisProcess();
        await using RunningPool second = await RunningPool.StartAsync(context, options);
        await PingedAsync(second, options, context.CancellationToken);
        double growth = ProcessMemory.OfThisProcess() - before;
        return [figure, new Figure { Name = Node, Unit = "MB", Samples = new Samples([growth / Agents]), Alone = "it is what a node keeps for an agent, and who has no agents keeps nothing" }];
    }

    private static async Task<Figure> MeasureNamespacesAsync(BenchContext context, Samples bare)
    {
        ProcessManagerOptions options = Options(context, Sandbox.Namespaces);
        await using RunningPool pool = await RunningPool.StartAsync(context, options);
        await PingedAsync(pool, options, context.CancellationToken);
        return new Figure
        {
            Name = Namespaces,
            Unit = "MB",
            Samples = new Samples(ProcessMemory.OfAgents()),
            Baseline = bare,
            Note = "the agent and the bubblewrap around it together",
        };
    }

    private static ProcessManagerOptions Options(BenchContext context, Sandbox sandbox) => RunningPool.Options(context, sandbox, Agents) with
    {
        PingInterval = TimeSpan.FromMilliseconds(300),
        PingTimeout = TimeSpan.FromSeconds(1),
    };

    /// <summary>When that time has passed and no agent was ended, each has answered a ping.</summary>
    private static async Task PingedAsync(RunningPool pool, ProcessManagerOptions options, CancellationToken cancellationToken)
    {
        await Task.Delay(options.PingInterval + options.PingTimeout, cancellationToken);
        if (pool.Watch.Exits > 0)
        {
            throw new InvalidOperationException($"{pool.Watch.Exits} warm agents ended by themselves.");
        }
    }
}
