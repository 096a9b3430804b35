using Nex.Client.Nodes;
using Nex.Client.Tests.Support;
using Nex.Control;
using Nex.Control.Messages;
using Nex.Testing.Waiting;

namespace Nex.Client.Tests.Nodes;

public sealed class NodeSelectionTests : ClientTest
{
    [Fact]
    public void The_node_with_the_most_room_is_taken() =>
        Assert.Equal("big", NodeSelector.Best([Candidate("small", 1_000, 0), Candidate("big", 8_000, 5), Candidate("middle", 4_000, 0)])!.Ping.NodeId);

    [Fact]
    public void Of_nodes_with_about_the_same_room_the_one_with_the_fewest_workloads_is_taken() =>
        Assert.Equal("idle", NodeSelector.Best([Candidate("busy", 8_000, 5), Candidate("idle", 7_900, 1), Candidate("small", 100, 0)])!.Ping.NodeId);

    [Fact]
    public void Of_no_nodes_none_is_taken() => Assert.Null(NodeSelector.Best([]));

    [Fact]
    public async Task A_node_of_the_original_is_chosen_by_type_and_tags()
    {
        await PlayRecordingAsync();
        var requirements = new NodeRequirements { Type = "native", Tags = new Dictionary<string, string> { ["simple"] = "true" } };

        Assert.Equal(Recording.NodeId, (await Client.SelectNodeAsync(requirements).Within()).Ping.NodeId);
    }

    [Theory]
    [InlineData("v8", "simple", "true", "does not run v8, only elf, wasm")]
    [InlineData("elf", "simple", "no", "has simple=true, not no")]
    [InlineData("elf", "gpu", "yes", "has no tag gpu")]
    public async Task It_is_said_why_no_node_fits(string type, string tag, string value, string reason)
    {
        await PlayRecordingAsync();
        var requirements = new NodeRequirements { Type = type, Tags = new Dictionary<string, string> { [tag] = value } };

        ControlException failure = await Assert.ThrowsAsync<ControlException>(() => Client.SelectNodeAsync(requirements).Within());

        Assert.Equal(ControlFault.NoResponders, failure.Fault);
        Assert.Contains($"{Recording.NodeId} {reason}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_in_lame_duck_mode_is_not_chosen()
    {
        await AnswerAsync("$NEX.PING", Recording.Answers("$NEX.PING")[1]);

        ControlException failure = await Assert.ThrowsAsync<ControlException>(() => Client.SelectNodeAsync(new NodeRequirements()).Within());

        Assert.Contains("lame duck", failure.Message, StringComparison.Ordinal);
    }

    private static NodeCandidate Candidate(string id, long available, int workloads) => new(
        new PingReply { NodeId = id, Version = "1", Uptime = "1s", TargetXkey = "X", RunningMachines = workloads },
        new InfoReply { Version = "1", Uptime = "1s", PublicXkey = "X", Machines = [], Memory = new MemoryStatus(10_000, 0, available) });
}
