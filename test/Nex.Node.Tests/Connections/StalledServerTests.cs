using System.Text;
using System.Text.RegularExpressions;
using NATS.Client.Core;
using Nex.Node.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Nats;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Connections;

/// <summary>A server that does not end, and does not answer either.</summary>
public sealed partial class StalledServerTests : IAsyncLifetime
{
    private const int NobodyWaits = 502;
    private const int NodeTakesNothing = 508;

    // Longer than the node waits for anything on NATS.
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(250);

    private readonly TestTime _time = new();
    private NatsServer _server = null!;
    private StallingProxy _proxy = null!;
    private Stranger _stranger = null!;
    private NodeUnderTest _node = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await NatsServer.StartAsync();
        _proxy = new StallingProxy(_server);
        _stranger = new Stranger(_server);
        _time.SetUtcNow(DateTimeOffset.UtcNow);
        // The node notices only what the test lets it notice.
        _node = await NodeUnderTest.StartAsync(
            _server,
            new NodeOptions { MaxConcurrentRequests = 1 },
            time: _time,
            connect: options => options with { Url = _proxy.Url, PingInterval = TimeSpan.FromDays(1), CommandTimeout = TimeSpan.FromMilliseconds(200) });
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        await _stranger.DisposeAsync();
        await _proxy.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task What_it_never_took_is_sent_again_when_the_connection_has_broken()
    {
        (Milestones<Heard> events, Milestones<Heard> answers) = await ListenAsync();
        await StopOverStalledConnectionAsync(Inbox, events);

        await BreakAsync();

        Heard answer = await answers.AtAsync(0);
        Assert.True(answer.Json.GetProperty("data").GetProperty("stopped").GetBoolean());
        _ = await events.FirstAsync(heard => heard.Subject.EndsWith("workload_stopped", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_it_takes_late_is_sent_once()
    {
        (Milestones<Heard> events, Milestones<Heard> answers) = await ListenAsync();
        await StopOverStalledConnectionAsync(Inbox, events);

        _proxy.Release();

        _ = await answers.AtAsync(0);
        // What would be sent again would come before the answer to this.
        _ = await _stranger.DeployAsync(_node, _stranger.RunRequest(_node, "next", "silent"), "stall");
        await events.CountAsync(heard => heard.Subject.EndsWith("workload_started", StringComparison.Ordinal), 2);
        Assert.Single(answers.Reached);
        Assert.Single(events.Reached, heard => heard.Subject.EndsWith("workload_stopped", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_answer_waits_for_who_comes_back_late_and_takes_no_place_of_others()
    {
        Milestones<Heard> events = await _stranger.ListenAsync("$NEX.events.stall.>");
        await StopOverStalledConnectionAsync(Inbox, events);

        await BreakAsync();
        _ = await _node.Log.Lines.FirstAsync(line => line.Id == NobodyWaits);

        // One request is worked on at a time.
        Assert.Equal("No such workload", await _stranger.RefusedAsync($"$NEX.STOP.stall.{_node.Id}", Stranger.StopRequest(_node, "none", _stranger.Jwt("held"))));
        Milestones<Heard> answers = await _stranger.ListenAsync(Inbox);
        await _time.PassAsync(Retry, time: 3);
        Assert.True((await answers.AtAsync(0)).Json.GetProperty("data").GetProperty("stopped").GetBoolean());
    }

    [Fact]
    public async Task Of_lines_that_it_does_not_take_each_arrives_or_is_counted_as_lost()
    {
        const int count = 400_000;
        await UploadAsync("write");
        await using INatsSub<byte[]> subscription = await _stranger.Connection.SubscribeCoreAsync<byte[]>(
            "$NEX.*.stall.>", opts: new NatsSubOpts { ChannelOpts = new NatsSubChannelOpts { Capacity = 2 * count } });
        _ = await _stranger.DeployAsync(_node, _stranger.RunRequest(_node, "lines", "write", argv: ["lines", $"{count}"]), "stall");

        _proxy.Choke();
        _ = await _node.Log.Lines.FirstAsync(line => line.Id == NodeTakesNothing);
        _proxy.Release();

        int next = 0;
        Heard heard;
        do
        {
            NatsMsg<byte[]> message = await subscription.Msgs.ReadAsync().Within();
            heard = new Heard(message.Subject, Encoding.UTF8.GetString(message.Data!));
            string text = heard.Subject.StartsWith("$NEX.logs", StringComparison.Ordinal) ? heard.Json.GetProperty("text").GetString()! : "";
            if (text.StartsWith("line ", StringComparison.Ordinal))
            {
                Assert.Equal($"line {next++}", text);
            }
            else if (Lost().Match(text) is { Success: true } lost)
            {
                next += int.Parse(lost.Groups[1].ValueSpan);
            }
        }
        while (heard.Subject != "$NEX.events.stall.workload_stopped");

        Assert.Equal(count, next);
    }

    // No inbox of the library, which would tell one answer of each.
    private string Inbox => $"answers.{_node.Id}";

    private async Task<(Milestones<Heard> Events, Milestones<Heard> Answers)> ListenAsync() =>
        (await _stranger.ListenAsync("$NEX.events.stall.>"), await _stranger.ListenAsync(Inbox));

    /// <summary>Stops a workload: the answer, and what the node says of it, are held back for longer than anybody would wait.</summary>
    private async Task StopOverStalledConnectionAsync(string replyTo, Milestones<Heard> events)
    {
        await UploadAsync("silent");
        string id = (await _stranger.DeployAsync(_node, _stranger.RunRequest(_node, "held", "silent"), "stall")).GetProperty("id").GetString()!;
        _ = await events.FirstAsync(heard => heard.Subject.EndsWith("workload_started", StringComparison.Ordinal));

        _proxy.Stall();
        await _stranger.Connection.PublishAsync(
            $"$NEX.STOP.stall.{_node.Id}", Encoding.UTF8.GetBytes(Stranger.StopRequest(_node, id, _stranger.Jwt("held"))), replyTo: replyTo);
        // Each of the two is followed by a question whether it has been taken.
        _ = await _proxy.Held.FirstAsync(held =>
            held.Contains("workload_stopped", StringComparison.Ordinal) && held.Contains("stop_response", StringComparison.Ordinal) && held.Split("PING\r\n").Length > 2);
        for (int again = 0; again < 5; again++)
        {
            _time.Advance(Long);
            // Gives what that has set off its time.
            _ = await _stranger.Connection.PingAsync();
        }

        Assert.DoesNotContain(events.Reached, heard => heard.Subject.EndsWith("workload_stopped", StringComparison.Ordinal));
    }

    private async Task BreakAsync()
    {
        _proxy.Break();
        // An answer and an event wait to be sent again.
        await _time.PassAsync(Retry, time: 2);
    }

    private Task UploadAsync(string program) => _stranger.UploadAsync(program, File.ReadAllBytes(TestPrograms.Path(program)));

    [GeneratedRegex("^([0-9]+) lines? of this log w")]
    private static partial Regex Lost();
}
