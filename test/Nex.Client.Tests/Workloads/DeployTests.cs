using System.Diagnostics;
using System.Text.Json.Nodes;
using NATS.Client.Core;
using NATS.NKeys;
using Nex.Client.Tests.Support;
using Nex.Client.Workloads;
using Nex.Control;
using Nex.Control.Claims;
using Nex.Control.Connections;
using Nex.Control.Messages;
using Nex.Protocol.Workloads;
using Nex.Testing.Waiting;

namespace Nex.Client.Tests.Workloads;

public sealed class DeployTests : ClientTest
{
    private const string Subject = $"$NEX.DEPLOY.default.{Recording.NodeId}";

    private readonly KeyPair _issuer = KeyPair.CreatePair(PrefixByte.Account);
    private readonly KeyPair _node = KeyPair.CreatePair(PrefixByte.Curve);

    private DeployOptions Options => new()
    {
        Name = "echoservice",
        NodeId = Recording.NodeId,
        NodeXkey = _node.GetPublicKey(),
        Location = "nats://NEXCLIFILES/echoservice",
        Issuer = _issuer,
    };

    [Fact]
    public async Task A_request_has_every_name_that_the_original_sends_and_its_location_is_an_object()
    {
        JsonObject theirs = JsonNode.Parse(Recording.Published(Subject)[0].Payload)!.AsObject();

        JsonObject ours = await SendAsync(Options with { Argv = ["a b", ""], Description = "for people", JetStreamDomain = "hub" });

        Assert.Equal(theirs.Select(pair => pair.Key), ours.Select(pair => pair.Key));
        Assert.Equal(theirs["location"]!.ToJsonString(), ours["location"]!.ToJsonString());
        Assert.Equal(["a b", ""], ours["argv"]!.AsArray().Select(node => (string?)node));
        Assert.Equal(Recording.NodeId, (string?)ours["target_node"]);
    }

    [Theory]
    [InlineData(null, "hub")]
    [InlineData("edge", "edge")]
    [InlineData("", null)]
    public async Task The_artifact_comes_from_the_domain_that_is_uploaded_to_unless_another_is_named(string? named, string? expected)
    {
        await using NexClient client = await NexClient.ConnectAsync(new NatsSettings { Servers = [Server.Url], JetStreamDomain = "hub" }).Within();

        JsonObject request = await SendAsync(Options with { JetStreamDomain = named }, client);

        Assert.Equal(expected, (string?)request["jsdomain"]);
    }

    [Fact]
    public async Task The_environment_can_be_read_by_the_node_only()
    {
        JsonObject request = await SendAsync(Options with { Environment = new Dictionary<string, string> { ["PASSWORD"] = "hunter2" } });
        string environment = (string)request["environment"]!;
        string sender = (string)request["sender_public_key"]!;

        Assert.DoesNotContain("hunter2", request.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("hunter2", SealedEnvironment.Open(environment, _node, sender)["PASSWORD"]);
        using KeyPair other = KeyPair.CreatePair(PrefixByte.Curve);
        Assert.Throws<ClaimsException>(() => SealedEnvironment.Open(environment, other, sender));
    }

    [Fact]
    public async Task The_claims_are_signed_by_the_issuer_and_no_two_are_the_same()
    {
        string hash = new('a', 64);
        string first = (string)(await SendAsync(Options with { Hash = hash }))["workload_jwt"]!;
        string second = (string)(await SendAsync(Options with { Hash = hash }))["workload_jwt"]!;

        WorkloadClaims claims = WorkloadClaims.Verify(first, DateTimeOffset.UtcNow);
        Assert.Equal((_issuer.GetPublicKey(), "echoservice", hash), (claims.Issuer, claims.Subject, claims.Hash));
        Assert.NotEqual(claims.Id, WorkloadClaims.Verify(second, DateTimeOffset.UtcNow).Id);
    }

    [Fact]
    public async Task A_node_that_is_not_given_with_its_key_is_asked_for_it()
    {
        string ping = Recording.Answer("$NEX.PING").Replace("XBRPMSCO2APO5CRENGBN2QUIPS6RGQEZNYR6L5QTMY34JJWBVPDSICY6", _node.GetPublicKey(), StringComparison.Ordinal);
        await AnswerAsync($"$NEX.PING.{Recording.NodeId}", ping);

        JsonObject request = await SendAsync(Options with { NodeXkey = null });

        Assert.Empty(SealedEnvironment.Open((string)request["environment"]!, _node, (string)request["sender_public_key"]!));
    }

    [Fact]
    public async Task What_the_original_answers_is_understood()
    {
        await PlayRecordingAsync();

        RunReply reply = await Client.DeployAsync(Options).Within();

        Assert.Equal((true, Recording.WorkloadId, "echoservice"), (reply.Started, reply.Id, reply.Name));
    }

    [Fact]
    public async Task Why_a_node_refuses_is_told_in_its_own_words()
    {
        await AnswerAsync(Subject, Recording.Answers(Subject)[1]);

        ControlException failure = await Assert.ThrowsAsync<ControlException>(() => Client.DeployAsync(Options).Within());

        Assert.Equal(ControlFault.Refused, failure.Fault);
        Assert.Contains("Node is in lame duck mode", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_deployed_is_not_sent()
    {
        Milestones<NatsMsg<byte[]>> asked = await AnswerAsync(Subject, Recording.Answer(Subject));

        await Assert.ThrowsAsync<InvalidDeployRequestException>(() => Client.DeployAsync(Options with { Name = "No.Name" }));
        await Assert.ThrowsAsync<InvalidDeployRequestException>(() => Client.DeployAsync(Options with { TriggerSubjects = ["a"] }));
        await Assert.ThrowsAsync<ArgumentException>(() => Client.DeployAsync(Options with { Location = "http://example.com/x" }));

        Assert.Empty(asked.Reached);
    }

    [Fact]
    public async Task The_trace_of_the_caller_goes_to_the_node()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Nex.Client",
            Sample = (ref _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        using var caller = new Activity("caller");
        caller.SetIdFormat(ActivityIdFormat.W3C).Start();
        Milestones<NatsMsg<byte[]>> asked = await AnswerAsync(Subject, Recording.Answer(Subject));

        await Client.DeployAsync(Options).Within();

        string sent = (await asked.FirstAsync(_ => true).Within()).Headers!["traceparent"].ToString();
        Assert.StartsWith($"00-{caller.TraceId}-", sent, StringComparison.Ordinal);
        Assert.DoesNotContain($"{caller.SpanId}", sent, StringComparison.Ordinal);
    }

    private async Task<JsonObject> SendAsync(DeployOptions options, NexClient? client = null)
    {
        Milestones<NatsMsg<byte[]>> asked = await AnswerAsync(Subject, Recording.Answer(Subject));
        await (client ?? Client).DeployAsync(options).Within();
        NatsMsg<byte[]> request = await asked.FirstAsync(_ => true).Within();
        return JsonNode.Parse(request.Data)!.AsObject();
    }
}
