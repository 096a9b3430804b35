using Nex.Client.Tests.Support;
using Nex.Control;
using Nex.Control.Connections;
using Nex.Control.Messages;
using Nex.Testing.Waiting;

namespace Nex.Client.Tests.Nodes;

public sealed class QueryTests : ClientTest
{
    private const string Unknown = "NBNNPYZOGFIVCXTUQTTWPQHZAVQYCGSLDEMCBVWZQOOFDBOWVVBA66WE";

    [Fact]
    public async Task A_node_of_the_original_is_listed_without_waiting_for_others()
    {
        await PlayRecordingAsync();

        PingReply node = Assert.Single(await Client.ListNodesAsync().Within());

        Assert.Equal(Recording.NodeId, node.NodeId);
        Assert.Equal("kind-falcon", node.Tags!["node_name"]);
        Assert.Equal(0, node.RunningMachines);
    }

    [Fact]
    public async Task Where_nobody_listens_no_time_is_lost() =>
        Assert.Empty(await Client.ListNodesAsync().Within());

    [Fact]
    public async Task A_node_that_answers_nonsense_does_not_hide_the_others()
    {
        await AnswerAsync("$NEX.PING", "{");
        await AnswerAsync("$NEX.PING", "{\"type\":\"io.nats.nex.v1.ping_response\",\"data\":\"\",\"error\":\"no\"}");
        await PlayRecordingAsync();

        Assert.Single(await Client.ListNodesAsync().Within());
    }

    [Fact]
    public async Task A_node_that_answers_twice_is_listed_once()
    {
        await PlayRecordingAsync();
        await PlayRecordingAsync();

        Assert.Single(await Client.ListNodesAsync().Within());
    }

    [Fact]
    public async Task What_the_original_tells_of_itself_is_understood()
    {
        await AnswerAsync($"$NEX.INFO.default.{Recording.NodeId}", Recording.Answers($"$NEX.INFO.default.{Recording.NodeId}")[1]);

        InfoReply info = await Client.GetInfoAsync(Recording.NodeId).Within();

        Assert.Equal(["elf", "wasm"], info.SupportedWorkloadTypes);
        Assert.Equal(24166660, info.Memory!.Available);
        MachineSummary machine = Assert.Single(info.Machines);
        Assert.Equal((Recording.WorkloadId, "echoservice", "elf"), (machine.Id, machine.Workload.Name, machine.Workload.Type));
    }

    [Fact]
    public async Task A_workload_is_found_on_a_node_of_the_original()
    {
        await PlayRecordingAsync();

        WorkloadPingReply answer = Assert.Single(await Client.FindWorkloadsAsync("default", "echoservice").Within());

        Assert.Equal(Recording.WorkloadId, Assert.Single(answer.RunningMachines).Id);
    }

    [Fact]
    public async Task A_node_of_the_original_is_put_into_lame_duck_mode()
    {
        await PlayRecordingAsync();

        Assert.True((await Client.EnterLameDuckAsync(Recording.NodeId).Within()).Success);
    }

    [Fact]
    public async Task A_node_that_is_not_there_is_told_apart_from_one_that_is_silent()
    {
        await AnswerAsync($"$NEX.PING.{Recording.NodeId}");
        await using NexClient hasty = await ConnectAsync(TimeSpan.FromMilliseconds(200));

        ControlException missing = await Assert.ThrowsAsync<ControlException>(() => Client.PingAsync(Unknown).Within());
        ControlException silent = await Assert.ThrowsAsync<ControlException>(() => hasty.PingAsync(Recording.NodeId).Within());

        Assert.Equal(ControlFault.NoResponders, missing.Fault);
        Assert.Equal(ControlFault.Timeout, silent.Fault);
        Assert.Contains(Recording.NodeId, silent.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_of_another_kind_is_not_taken_for_one()
    {
        await AnswerAsync($"$NEX.PING.{Recording.NodeId}", Recording.Answer($"$NEX.LAMEDUCK.{Recording.NodeId}"));

        ControlException failure = await Assert.ThrowsAsync<ControlException>(() => Client.PingAsync(Recording.NodeId).Within());

        Assert.Equal(ControlFault.UnreadableAnswer, failure.Fault);
    }

    [Fact]
    public async Task Cancelling_ends_the_wait()
    {
        var asked = await AnswerAsync($"$NEX.PING.{Recording.NodeId}");
        using var cancel = new CancellationTokenSource();

        Task ping = Client.PingAsync(Recording.NodeId, cancel.Token);
        await asked.FirstAsync(_ => true).Within();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ping.Within());
    }

    [Fact]
    public async Task While_NATS_is_away_nothing_waits_for_it_for_ever()
    {
        await using NexClient hasty = await ConnectAsync(TimeSpan.FromMilliseconds(300));
        await Server.KillAsync();

        ControlException list = await Assert.ThrowsAsync<ControlException>(() => hasty.ListNodesAsync().Within());
        ControlException ping = await Assert.ThrowsAsync<ControlException>(() => hasty.PingAsync(Recording.NodeId).Within());

        Assert.Equal(ControlFault.Unavailable, list.Fault);
        Assert.Contains(ping.Fault, new[] { ControlFault.Unavailable, ControlFault.Timeout });
    }

    [Fact]
    public async Task A_question_that_the_end_of_the_client_cuts_short_fails_as_all_others_do()
    {
        var asked = await AnswerAsync("$NEX.PING");
        NexClient client = await ConnectAsync(TimeSpan.FromMinutes(5));
        Task list = client.ListNodesAsync();
        await asked.FirstAsync(_ => true).Within();

        await client.DisposeAsync();

        Assert.Equal(ControlFault.Unavailable, (await Assert.ThrowsAsync<ControlException>(() => list.Within())).Fault);
    }

    [Theory]
    [InlineData("a.b")]
    [InlineData("*")]
    [InlineData("")]
    public async Task A_namespace_that_would_reach_into_others_is_not_sent(string @namespace) =>
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Client.FindWorkloadsAsync(@namespace).Within());

    [Fact]
    public async Task NATS_that_is_not_there_is_named()
    {
        ControlException failure = await Assert.ThrowsAsync<ControlException>(
            () => NexClient.ConnectAsync(new NatsSettings { Servers = ["nats://me:secret@127.0.0.1:1"] }).Within());

        Assert.Equal(ControlFault.Unavailable, failure.Fault);
        Assert.Contains("nats://127.0.0.1:1", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
    }
}
