using System.Diagnostics;
using NATS.Client.Core;
using Nex.Bench.Harness;
using Nex.Bench.Running;

namespace Nex.Bench.Benchmarks;

/// <summary>
/// What a node takes to answer a ping, compared to the least that answers a request on NATS with as many bytes: each a native program of its
/// own, and each within this process.
/// </summary>
internal sealed class NodePingBenchmark : Benchmark
{
    private const string Program = "node.ping";
    private const string Embedded = "node.ping.embedded";
    private const string BareSubject = "bare.embedded";
    private static readonly Limit Most = new(Measure.Ratio, 1.3);

    internal override IReadOnlyList<string> Names => [Program, Embedded];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        await using RunningNats nats = await RunningNats.StartAsync();
        await using NodeProgram program = await NodeProgram.StartAsync(context, nats);
        await using EmbeddedNode embedded = await EmbeddedNode.StartAsync(context, nats);
        byte[] answer = await AskAsync(nats.Connection, Ping(program.Id));
        await using BareNats bare = await BareNats.StartAsync(context, nats, answer.Length);
        await using NatsConnection connection = nats.Connect();
        Task answering = AnswerAsync(connection, answer);

        Series ofProgram = Asked(Ping(program.Id)), ofBare = Asked(bare.Subject);
        Series ofEmbedded = Asked(Ping(embedded.Id)), ofBareEmbedded = Asked(BareSubject);
        // Until all that this takes here has been compiled.
        const int warmUps = 200;
        await Series.InterleaveAsync(context, Program, warmUps, context.Pick(500, 2000, 10_000), ofProgram, ofBare, ofEmbedded, ofBareEmbedded);
        await connection.DisposeAsync();
        await answering;
        return
        [
            ToFigure(Program, ofProgram, ofBare, $"a request and its answer of {answer.Length} bytes; the baseline is the same to a bare native program on NATS.Net"),
            ToFigure(Embedded, ofEmbedded, ofBareEmbedded, "the same within this process, both of them"),
        ];

        Series Asked(string subject) => new(async () =>
        {
            long begun = Stopwatch.GetTimestamp();
            _ = await AskAsync(nats.Connection, subject);
            return Stopwatch.GetElapsedTime(begun).TotalMicroseconds;
        });
    }

    private static string Ping(string node) => $"$NEX.PING.{node}";

    private static Figure ToFigure(string name, Series measured, Series bare, string note) => new()
    {
        Name = name,
        Unit = "µs",
        Samples = measured.Samples,
        Baseline = bare.Samples,
        Limits = [Most],
        Note = note,
    };

    private static async Task<byte[]> AskAsync(INatsConnection connection, string subject)
    {
        NatsMsg<byte[]> answer = await connection.RequestAsync(
            subject, [], requestSerializer: NatsRawSerializer<byte[]>.Default, replySerializer: NatsRawSerializer<byte[]>.Default);
        return answer.Data!;
    }

    private static async Task AnswerAsync(NatsConnection connection, byte[] answer)
    {
        await foreach (NatsMsg<byte[]> request in connection.SubscribeAsync(BareSubject, serializer: NatsRawSerializer<byte[]>.Default))
        {
            await connection.PublishAsync(request.ReplyTo!, answer, serializer: NatsRawSerializer<byte[]>.Default);
        }
    }
}
