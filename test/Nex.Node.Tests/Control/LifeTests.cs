using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Nex.Node.Tests.Support;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Control;

public sealed class LifeTests(SharedNats nats) : NodeTest(nats)
{
    [Fact]
    public async Task A_node_tells_of_its_start_its_lame_duck_and_its_end_once_each()
    {
        Milestones<Heard> events = await Stranger.ListenAsync("$NEX.events.system.>");
        NodeUnderTest node = await StartNodeAsync();
        _ = await Own("node_started");
        JsonElement reply = await Stranger.DoAsync($"$NEX.LAMEDUCK.{node.Id}");
        Assert.Equal((node.Id, true), (reply.GetProperty("node_id").GetString(), reply.GetProperty("success").GetBoolean()));
        Assert.True((await Stranger.DoAsync($"$NEX.LAMEDUCK.{node.Id}")).GetProperty("success").GetBoolean());
        _ = await Own("node_entered_lameduck");
        Assert.Equal(NodeState.LameDuck, node.Node.Status.State);
        await node.Node.StopAsync().Within();
        JsonElement stopped = (await Own("node_stopped")).Json;
        Assert.True(stopped.GetProperty("data").GetProperty("graceful").GetBoolean());
        Assert.Equal(node.Id, stopped.GetProperty("source").GetString());
        Assert.Equal(
            ["node_started", "node_entered_lameduck", "node_stopped"],
            events.Reached.Where(heard => heard.Text.Contains(node.Id, StringComparison.Ordinal)).Select(heard => heard.Subject.Split('.')[^1]));
        Assert.True(node.Node.Completion.IsCompletedSuccessfully);
        Assert.Empty(node.Processes);

        Task<Heard> Own(string type) => events.FirstAsync(
            heard => heard.Subject == $"$NEX.events.system.{type}" && heard.Text.Contains(node.Id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task In_lame_duck_nothing_new_is_run_what_runs_goes_on_and_the_node_ends_with_its_last_workload()
    {
        NodeUnderTest node = await StartNodeAsync(new NodeOptions { StopAfterLastWorkload = true });
        await UploadAsync("tree");
        string id = (await Stranger.DeployAsync(node, Stranger.RunRequest(node, "last", "tree", argv: ["polite"]), "last")).GetProperty("id").GetString()!;
        _ = await Stranger.DoAsync($"$NEX.LAMEDUCK.{node.Id}");
        // Even what is no request at all.
        Assert.Equal("Node is in lame duck mode. Workload deploy request rejected", await Stranger.RefusedDeployAsync(node, "{"));
        JsonElement ping = await Stranger.DoAsync($"$NEX.PING.{node.Id}");
        Assert.Equal("true", ping.GetProperty("tags").GetProperty("nex.lameduck").GetString());
        Assert.Equal(1, ping.GetProperty("running_machines").GetInt32());
        Assert.False(node.Node.Completion.IsCompleted);
        _ = await Stranger.StopAsync(node, id, "last", "last");
        await node.Node.Completion.Within();
        Assert.Equal(NodeState.Stopped, node.Node.Status.State);
    }

    [Fact]
    public async Task A_lame_duck_without_workloads_ends_at_once_and_its_answer_arrives()
    {
        NodeUnderTest node = await StartNodeAsync(new NodeOptions { StopAfterLastWorkload = true });
        Assert.True((await Stranger.DoAsync($"$NEX.LAMEDUCK.{node.Id}")).GetProperty("success").GetBoolean());
        await node.Node.Completion.Within();
    }

    [Fact]
    public async Task Every_request_that_a_stopping_node_has_received_is_answered()
    {
        NodeUnderTest node = await StartNodeAsync(processes: NodeUnderTest.OptionsOf() with { PoolSize = 1, MaxConcurrentStarts = 1 });
        await UploadAsync("tree");
        Task<JsonElement>[] asked =
        [
            .. Enumerable.Range(0, 30).Select(_ => Stranger.AskAsync($"$NEX.DEPLOY.crowd.{node.Id}", Stranger.RunRequest(node, "crowd", "tree", argv: ["polite"]))),
            .. Enumerable.Range(0, 30).Select(_ => Stranger.AskAsync($"$NEX.PING.{node.Id}")),
        ];
        _ = await Task.WhenAny(asked[..30]).Within();
        await node.Node.StopAsync().Within();
        foreach (JsonElement reply in await Task.WhenAll(asked).Within())
        {
            Assert.True(reply.TryGetProperty("error", out JsonElement error) ? error.GetString()!.Contains("stopping", StringComparison.Ordinal) : reply.GetProperty("data").ValueKind == JsonValueKind.Object, reply.ToString());
        }

        Assert.Empty(node.Processes);
    }

    [Fact]
    public async Task Stopping_by_force_kills_what_is_stubborn_and_tells_of_it()
    {
        Milestones<Heard> events = await Stranger.ListenAsync("$NEX.events.>");
        NodeUnderTest node = await StartNodeAsync();
        await UploadAsync("tree");
        _ = await Stranger.DeployAsync(node, Stranger.RunRequest(node, "mule", "tree", argv: ["stubborn"]), "force");
        await node.Node.StopAsync(new CancellationToken(canceled: true)).Within();
        _ = await events.FirstAsync(heard => heard.Subject == "$NEX.events.force.workload_stopped");
        Heard stopped = await events.FirstAsync(heard => heard.Subject == "$NEX.events.system.node_stopped" && heard.Text.Contains(node.Id, StringComparison.Ordinal));
        Assert.False(stopped.Json.GetProperty("data").GetProperty("graceful").GetBoolean());
        Assert.Empty(node.Processes);
    }

    [Fact]
    public async Task A_heart_beats_every_half_minute()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        Milestones<Heard> events = await Stranger.ListenAsync("$NEX.events.system.heartbeat");
        NodeUnderTest node = await StartNodeAsync(time: time);
        time.Advance(TimeSpan.FromSeconds(29));
        time.Advance(TimeSpan.FromSeconds(1));
        Heard beat = await events.FirstAsync(heard => heard.Text.Contains(node.Id, StringComparison.Ordinal));
        JsonElement data = beat.Json.GetProperty("data");
        Assert.Equal((node.Id, "30s", 0), (data.GetProperty("node_id").GetString(), data.GetProperty("uptime").GetString(), data.GetProperty("running_machines").GetInt32()));
        Assert.True(data.TryGetProperty("tags", out _));
        Assert.True(data.TryGetProperty("version", out _));
    }

    [Fact]
    public async Task A_node_that_cannot_start_leaves_nothing_and_one_that_was_never_started_can_be_stopped()
    {
        await using (NodeUnderTest never = NodeUnderTest.Create(Nats.Server))
        {
            await never.Node.StopAsync().Within();
            _ = await Assert.ThrowsAsync<InvalidOperationException>(() => never.Node.StartAsync());
        }

        await using NodeUnderTest broken = NodeUnderTest.Create(Nats.Server, processes: NodeUnderTest.OptionsOf() with { AgentPath = "/nowhere/nex-agent" });
        _ = await Assert.ThrowsAsync<ProcessManager.ProcessManagerException>(() => broken.Node.StartAsync()).Within();
        await broken.Node.Completion.Within();
        Assert.Equal(NodeState.Stopped, broken.Node.Status.State);
    }
}
