using System.Text;
using System.Text.RegularExpressions;
using NATS.Client.Core;
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
        _ = await stranger.DeployAsync(node, stranger.RunRequest(node, "flood", "write", argv: ["flood"]), "away");

        using var dropped = new MetricWatch("nex.node.publish.dropped");
        await server.KillAsync();
        _ = await dropped.Reports.FirstAsync(kind => kind == "log");
        LiveProcess flood = LiveProcesses.DescendantsOf(Environment.ProcessId).First(process => process.Arguments.Contains("flood"));
        using (PidFd? process = PidFd.TryOpen(flood.Id))
        {
            Assert.True(process!.TrySignal(9));
        }

        Assert.InRange(node.Node.Status.BufferedMessages, 1, 500);

        await server.RestartAsync();
        Milestones<Heard> heard = await stranger.ListenAsync("$NEX.*.away.>");
        // Those who listen again may be later than the node: what is told here is told by another workload.
        _ = await stranger.DoAsync($"$NEX.PING.{node.Id}");
        Assert.Equal(NodeState.Running, node.Node.Status.State);
        _ = await stranger.DeployAsync(node, stranger.RunRequest(node, "after", "write", argv: ["lines", "1"]), "away");
        _ = await heard.FirstAsync(message => message.Subject.EndsWith("workload_stopped", StringComparison.Ordinal) && message.Text.Contains("after", StringComparison.Ordinal));
    }

    private static string Text(Heard message) => message.Json.GetProperty("text").GetString()!;

    [GeneratedRegex("^([0-9]+) lines? of this log w")]
    private static partial Regex Lost();
}
