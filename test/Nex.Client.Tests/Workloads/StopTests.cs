using System.Text.Json.Nodes;
using NATS.NKeys;
using Nex.Client.Tests.Support;
using Nex.Client.Workloads;
using Nex.Control;
using Nex.Control.Claims;
using Nex.Control.Messages;
using Nex.Testing.Waiting;

namespace Nex.Client.Tests.Workloads;

public sealed class StopTests : ClientTest
{
    private const string Subject = $"$NEX.STOP.default.{Recording.NodeId}";

    private readonly KeyPair _issuer = KeyPair.CreatePair(PrefixByte.Account);

    [Fact]
    public async Task A_workload_that_is_named_is_found_and_stopped()
    {
        await AnswerAsync("$NEX.WPING.default.echoservice", Recording.Answer("$NEX.WPING.default.echoservice"));
        var asked = await AnswerAsync(Subject, Recording.Answer(Subject));

        StopReply reply = await Client.StopAsync(new StopOptions { Workload = "echoservice", Issuer = _issuer }).Within();

        Assert.True(reply.Stopped);
        JsonNode request = JsonNode.Parse((await asked.FirstAsync(_ => true).Within()).Data)!;
        Assert.Equal(Recording.WorkloadId, (string?)request["workload_id"]);
        Assert.Equal(Recording.NodeId, (string?)request["target_node"]);
        WorkloadClaims claims = WorkloadClaims.Verify((string)request["workload_jwt"]!, DateTimeOffset.UtcNow);
        Assert.Equal(("echoservice", _issuer.GetPublicKey()), (claims.Subject, claims.Issuer));
    }

    [Fact]
    public async Task Of_several_of_a_name_none_is_stopped()
    {
        await AnswerAsync("$NEX.WPING.default.echoservice", Recording.Answer("$NEX.WPING.default.echoservice"));
        await AnswerAsync(
            "$NEX.WPING.default.echoservice",
            Recording.Answer("$NEX.WPING.default.echoservice").Replace(Recording.NodeId, "OTHER", StringComparison.Ordinal).Replace(Recording.WorkloadId, "second", StringComparison.Ordinal));

        ControlException failure = await Assert.ThrowsAsync<ControlException>(
            () => Client.StopAsync(new StopOptions { Workload = "echoservice", Issuer = _issuer }).Within());

        Assert.Equal(ControlFault.Refused, failure.Fault);
        Assert.Contains(Recording.WorkloadId, failure.Message, StringComparison.Ordinal);
        Assert.Contains("second", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_workload_that_nobody_runs_is_said_to_be_missing()
    {
        ControlException failure = await Assert.ThrowsAsync<ControlException>(
            () => Client.StopAsync(new StopOptions { Workload = "nothing", Issuer = _issuer }).Within());

        Assert.Equal(ControlFault.NoResponders, failure.Fault);
    }

    [Fact]
    public async Task The_first_of_the_originals_two_answers_counts()
    {
        await AnswerAsync(Subject, Recording.Answers(Subject)[1], Recording.Answers(Subject)[0]);
        var stop = new StopOptions { Workload = Recording.WorkloadId, NodeId = Recording.NodeId, Name = "echoservice", Issuer = _issuer };

        ControlException failure = await Assert.ThrowsAsync<ControlException>(() => Client.StopAsync(stop).Within());

        Assert.Contains("No such workload", failure.Message, StringComparison.Ordinal);
    }
}
