using Nex.Bench.Harness;
using Nex.Bench.Running;

namespace Nex.Bench.Benchmarks;

/// <summary>The command line from its start to its end, compared to the barest native .NET program that connects, says hello and ends.</summary>
internal sealed class CommandStartBenchmark : Benchmark
{
    private const string Name = "cli.start";

    internal override IReadOnlyList<string> Names => [Name];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        using var hello = new HelloServer(context);
        var command = new Series(() => Task.FromResult(Child.Run(context.NexProgram, ["--version"])));
        var bare = new Series(() => hello.MeasureWholeAsync(context.BaselineProgram));
        await Series.InterleaveAsync(context, Name, context.Pick(30, 100, 500), command, bare);
        return
        [
            new Figure
            {
                Name = Name,
                Unit = "ms",
                Samples = command.Samples,
                Baseline = bare.Samples,
                Limits = [new Limit(Measure.P50, 35), new Limit(Measure.Ratio, 2)],
                Note = "nex --version from its start to its end; the baseline is a bare native .NET program that says hello and ends",
            },
        ];
    }
}
