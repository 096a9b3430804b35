using System.Diagnostics;
using System.Globalization;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;
using Nex.Workloads;

namespace Nex.Bench.Benchmarks;

/// <summary>How many lines of a program that writes as fast as it can reach a reader of its logs.</summary>
internal sealed class LogsBenchmark : Benchmark
{
    private const string Name = "logs.throughput";
    private const int Lines = 200_000;

    internal override IReadOnlyList<string> Names => [Name];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        string program = await context.Programs.GetAsync("lines");
        int rounds = context.Pick(2, 5, 20);
        await using RunningNode node = await RunningNode.StartAsync(context, Sandbox.None);
        var samples = new List<double>();
        long missed = 0;
        for (int round = 0; round < rounds; round++)
        {
            context.Progress.Report(Name, round, rounds);
            string fifo = context.Workspace.NewPath("begin");
            DeployRequest request = await node.AddAsync(program, Lines.ToString(CultureInfo.InvariantCulture), fifo);
            (double perSecond, int received) = await MeasureAsync(node, request, fifo, context.CancellationToken);
            samples.Add(perSecond);
            missed += Lines - received;
        }

        string note = missed == 0 ? "the reader missed no line" : $"the reader missed {missed:#,0} of {(long)rounds * Lines:#,0} lines";
        return [new Figure { Name = Name, Unit = "lines/s", Samples = new Samples(samples), Note = note }];
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
