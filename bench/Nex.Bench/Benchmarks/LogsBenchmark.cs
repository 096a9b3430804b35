using System.Diagnostics;
using System.Globalization;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;
using Nex.Workloads;

namespace Nex.Bench.Benchmarks;

/// <summary>How many lines of a program that writes as fast as it can reach a reader of its logs, compared to one who reads its output himself.</summary>
internal sealed class LogsBenchmark : Benchmark
{
    private const string Name = "logs.throughput";
    private const int LineCount = 200_000;

    private const int WarmUps = 1;
    private static readonly string Lines = LineCount.ToString(CultureInfo.InvariantCulture);

    internal override IReadOnlyList<string> Names => [Name];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        string program = await context.Programs.GetAsync("lines");
        await using RunningNode node = await RunningNode.StartAsync(context, Sandbox.None);
        var missed = new List<long>();
        var read = new Series(async () =>
        {
            string fifo = context.Workspace.NewPath("begin");
            DeployRequest request = await node.AddAsync(program, Lines, fifo);
            (double perSecond, int received) = await MeasureAsync(node, request, fifo, context.CancellationToken);
            missed.Add(LineCount - received);
            return perSecond;
        });
        var bare = new Series(() => Task.FromResult(MeasureBare(program, context.Workspace.NewPath("begin"))));
        int rounds = context.Pick(2, 5, 20);
        await Series.InterleaveAsync(context, Name, WarmUps, rounds, read, bare);
        return
        [
            new Figure
            {
                Name = Name,
                Unit = "lines/s",
                Samples = read.Samples,
                Baseline = bare.Samples,
                Note = $"the reader missed {missed.TakeLast(rounds).Sum():#,0} of {(long)rounds * LineCount:#,0} lines; the baseline counts the lines of the same program on a pipe. More is better",
            },
        ];
    }

    private static double MeasureBare(string program, string fifo)
    {
        using var child = PipedChild.Start(program, Lines, fifo);
        child.WaitForOutput();
        using FileStream begin = File.OpenWrite(fifo);
        return child.CountLines();
    }

    private static async Task<(double PerSecond, int Received)> MeasureAsync(
        RunningNode node, DeployRequest request, string fifo, CancellationToken cancellationToken)
    {
        await node.QuietAsync();
        await using Workload workload = await node.DeployAsync(request);
        IAsyncEnumerator<LogLine> lines = workload.ReadLogsAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (lines)
        {
            await lines.MoveNextAsync();
            // The program waits for this.
            using FileStream begin = File.OpenWrite(fifo);
            int received = 0;
            long first = 0;
            while (await lines.MoveNextAsync())
            {
                first = received++ == 0 ? Stopwatch.GetTimestamp() : first;
            }

            return (received / Stopwatch.GetElapsedTime(first).TotalSeconds, received);
        }
    }
}
