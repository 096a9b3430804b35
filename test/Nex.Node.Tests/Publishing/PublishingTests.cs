using System.Text;
using System.Text.RegularExpressions;
using NATS.Client.Core;
using NATS.Client.JetStream.Models;
using NATS.Net;
using Nex.Linux.Processes;
using Nex.Node.Tests.Support;
using Nex.Testing.Nats;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Publishing;

public sealed partial class PublishingTests(SharedNats nats) : NodeTest(nats)
{
    [Fact]
    public async Task Of_many_lines_each_arrives_once_and_in_order_or_is_counted_as_lost_and_the_end_comes_last()
    {
        const int count = 50_000;
        NodeUnderTest node = await StartNodeAsync();
        await UploadAsync("write");
        await using INatsSub<byte[]> subscription = await Stranger.Connection.SubscribeCoreAsync<byte[]>(
            "$NEX.*.many.>", opts: new NatsSubOpts { ChannelOpts = new NatsSubChannelOpts { Capacity = 2 * count } });
        _ = await Stranger.DeployAsync(node, Stranger.RunRequest(node, "many", "write", argv: ["lines", $"{count}"]), "many");
        var all = new List<Heard>();
        do
        {
            NatsMsg<byte[]> message = await subscription.Msgs.ReadAsync().Within();
            all.Add(new Heard(message.Subject, Encoding.UTF8.GetString(message.Data!)));
        }
        while (all[^1].Subject != "$NEX.events.many.workload_stopped");

        int next = 0;
        foreach (string text in all.Where(message => message.Subject.StartsWith("$NEX.logs", StringComparison.Ordinal)).Select(Text))
        {
            if (text.StartsWith("line ", StringComparison.Ordinal))
            {
                Assert.Equal($"line {next++}", text);
            }
            else if (Lost().Match(text) is { Success: true } lost)
            {
                next += int.Parse(lost.Groups[1].ValueSpan);
            }
        }

        Assert.Equal(count, next);
    }

    [Fact]
    public async Task While_NATS_is_away_workloads_run_on_memory_is_bounded_and_events_are_kept()
    {
        await using NatsServer server = await NatsServer.StartAsync();
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(server, new NodeOptions { MaxBufferedMessages = 500 });
        await using var stranger = new Stranger(server);
        await stranger.UploadAsync("write", File.ReadAllBytes(Testing.Files.TestPrograms.Path("write")));
        // Listens on the server itself: who listens from outside may be back later than the node.
        var jetStream = stranger.Connection.CreateJetStreamContext();
        _ = await jetStream.CreateStreamAsync(new StreamConfig("EVENTS", ["$NEX.events.away.>"])).Within();
        string id = (await stranger.DeployAsync(node, stranger.RunRequest(node, "flood", "write", argv: ["flood"]), "away")).GetProperty("id").GetString()!;

        using var dropped = new MetricWatch("nex.node.publish.dropped");
        await server.KillAsync();
        _ = await dropped.Reports.FirstAsync(kind => kind == "log");
        LiveProcess flood = LiveProcesses.DescendantsOf(Environment.ProcessId).First(process => process.Arguments.Contains("flood"));
        using (PidFd? process = PidFd.TryOpen(flood.Id))
        {
            Assert.True(process!.TrySignal(9));
        }

        Assert.InRange(node.Node.Status.BufferedMessages, 1, 500);

        await node.RestartAsync(server);
        Assert.Equal(NodeState.Running, node.Node.Status.State);
        Milestones<Heard> logs = await stranger.ListenAsync("$NEX.logs.away.>");
        _ = await stranger.DeployAsync(node, stranger.RunRequest(node, "after", "write", argv: ["lines", "1"]), "away");
        // What was published before this has been published.
        _ = await logs.FirstAsync(message => message.Text.Contains("line 0", StringComparison.Ordinal));
        var stream = await jetStream.GetStreamAsync("EVENTS").Within();
        var told = new List<string>();
        for (ulong sequence = 1; sequence <= (ulong)stream.Info.State.Messages; sequence++)
        {
            var message = await stream.GetAsync(new StreamMsgGetRequest { Seq = sequence }).Within();
            var heard = new Heard(message.Message.Subject, Encoding.UTF8.GetString(message.Message.Data.Span));
            if (heard.Json.GetProperty("source").GetString() == id)
            {
                told.Add($"{heard.Json.GetProperty("type")} {heard.Json.GetProperty("data").GetProperty("code")}");
            }
        }

        Assert.Equal(["workload_started 0", "workload_stopped 137"], told);
    }

    private static string Text(Heard message) => message.Json.GetProperty("text").GetString()!;

    [GeneratedRegex("^([0-9]+) lines? of this log w")]
    private static partial Regex Lost();
}
