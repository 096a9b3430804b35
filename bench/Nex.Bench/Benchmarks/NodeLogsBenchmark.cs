using System.Globalization;
using NATS.Client.Core;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.Client.Artifacts;
using Nex.Testing.Waiting;

namespace Nex.Bench.Benchmarks;

/// <summary>
/// How many lines of a workload reach a subscriber on NATS: of a program that writes as fast as it can, compared to the messages of a program that
/// publishes as many bytes as fast as it can; and how many a second a program may write so that none is lost.
/// </summary>
internal sealed class NodeLogsBenchmark : Benchmark
{
    private const string Most = "logs.nats";
    private const string Lossless = "logs.nats.lossless";
    private const int Lines = 200_000;
    private const string Bare = "bare.lines";
    private static readonly int[] Rates = [10_000, 20_000, 40_000, 80_000, 160_000, 320_000];

    internal override IReadOnlyList<string> Names => [Most, Lossless];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        string program = await context.Programs.GetAsync("lines");
        await using RunningNats nats = await RunningNats.StartAsync();
        await using NodeProgram node = await NodeProgram.StartAsync(context, nats);
        await using NodeClient client = await NodeClient.ConnectAsync(nats, node.Id);
        await using BareNats bare = await BareNats.StartAsync(context, nats, answerBytes: 0);
        await using LogSubscriber published = await LogSubscriber.OpenAsync(nats, Bare);
        await using LogSubscriber told = await LogSubscriber.OpenAsync(nats, "$NEX.>");
        var workload = new Writer(context, client, told, await client.UploadAsync(program, Guid.NewGuid()));

        long missed = 0;
        int bytes = 0;
        var written = new Series(async () =>
        {
            LogSubscriber.Count count = await workload.RunAsync(Lines, rate: null);
            (missed, bytes) = (missed + Lines - count.Messages, count.Bytes);
            return count.PerSecond;
        });
        var barely = new Series(async () =>
        {
            await bare.PublishAsync(nats.Connection, Bare, Lines, bytes);
            return (await published.CountAsync(static _ => true, static (_, count) => count == Lines, context.CancellationToken).Within()).PerSecond;
        });
        int rounds = context.Pick(2, 5, 20);
        await Series.InterleaveAsync(context, Most, warmUps: 0, rounds, written, barely);
        TimeSpan time = TimeSpan.FromSeconds(context.Pick(2, 5, 10));
        int rate = await FindAsync(context, workload, time);
        return
        [
            new Figure
            {
                Name = Most,
                Unit = "lines/s",
                Samples = written.Samples,
                Baseline = barely.Samples,
                Note = $"written as fast as it can; {missed:#,0} of {(long)rounds * Lines:#,0} lines were lost, each gap told; the baseline publishes as many bytes from a bare native program. More is better",
            },
            new Figure
            {
                Name = Lossless,
                Unit = "lines/s",
                Samples = new Samples([rate]),
                Limits = [new Limit(Measure.P50, 20_000, IsLeast: true)],
                Scale = $"{time.TotalSeconds} s each",
                Alone = "it is one of the rates that were tried",
                Note = $"the fastest of {string.Join(", ", Rates.Select(one => one.ToString("#,0")))} that was reached, for {time.TotalSeconds} s, and at which no line was lost. More is better",
            },
        ];
    }

    /// <summary>A rate at which the program, or its lines, came behind is not reached: nothing is known of it.</summary>
    private static async Task<int> FindAsync(BenchContext context, Writer workload, TimeSpan time)
    {
        const double reached = 0.95;
        int found = 0;
        foreach (int rate in Rates)
        {
            context.Progress.Report($"{Lossless} of {rate:#,0} lines/s", Array.IndexOf(Rates, rate), Rates.Length);
            int lines = (int)(rate * time.TotalSeconds);
            LogSubscriber.Count count = await workload.RunAsync(lines, rate);
            if (count.Messages < lines || count.PerSecond < rate * reached)
            {
                break;
            }

            found = rate;
        }

        return found;
    }

    /// <summary>A workload that writes lines once somebody counts them.</summary>
    private sealed class Writer(BenchContext context, NodeClient client, LogSubscriber told, UploadedArtifact program)
    {
        internal async Task<LogSubscriber.Count> RunAsync(int lines, int? rate)
        {
            string fifo = context.Workspace.NewPath("begin");
            string[] arguments = [Text(lines), fifo, .. rate is { } each ? [Text(each)] : Array.Empty<string>()];
            _ = await client.DeployAsync(program, context.CancellationToken, arguments);
            await told.WaitAsync(static message => Has(message, "ready"u8), context.CancellationToken).Within();
            // The program waits for this.
            await using FileStream begin = File.OpenWrite(fifo);
            return await told.CountAsync(
                static message => Has(message, "writes as fast"u8),
                static (message, _) => message.Subject.EndsWith(".workload_stopped", StringComparison.Ordinal),
                context.CancellationToken).Within();
        }

        private static bool Has(in NatsMsg<byte[]> message, ReadOnlySpan<byte> text) =>
            message.Subject.StartsWith("$NEX.logs.", StringComparison.Ordinal) && message.Data.AsSpan().IndexOf(text) >= 0;

        private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }
}
