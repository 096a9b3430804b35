using System.Text;
using System.Text.Json.Nodes;
using NATS.Client.Core;
using NATS.Net;
using Nex.Node.Tests.Support;
using Nex.Testing.Files;

namespace Nex.Node.Tests.Artifacts;

public sealed class ArtifactFetchTests(SharedNats nats) : NodeTest(nats)
{
    [Theory]
    [InlineData("nats://NOBUCKET/exit", "", "there is no such bucket")]
    [InlineData("nats://NEXCLIFILES/no/such/key", "", "the bucket has no such key")]
    [InlineData("nats://NEXCLIFILES/exit", "nowhere", "JetStream")]
    [InlineData("nats://NEXCLIFILES/exit", "a.b", "no name of a JetStream domain")]
    [InlineData("nats://NEXCLIFILES/", "", "it names no key")]
    [InlineData("nats://NEX>.$SYS/exit", "", "is no name of a bucket")]
    [InlineData("file:///etc/passwd", "", "only nats://BUCKET/KEY can be fetched")]
    [InlineData("https://localhost/a", "", "only nats://BUCKET/KEY can be fetched")]
    [InlineData("exit", "", "only nats://BUCKET/KEY can be fetched")]
    public async Task What_is_not_there_is_said(string location, string domain, string reason)
    {
        NodeUnderTest node = await StartNodeAsync();
        await UploadAsync("exit");
        Assert.Contains(reason, await Stranger.RefusedDeployAsync(node, Stranger.RunRequest(node, "a", "exit", request =>
        {
            request["location"] = location;
            request["jsdomain"] = domain;
        })));
    }

    [Fact]
    public async Task What_is_larger_than_the_node_takes_is_refused_before_it_is_fetched()
    {
        NodeUnderTest node = await StartNodeAsync(new NodeOptions { MaxArtifactBytes = 1000 });
        await Stranger.UploadAsync("large", new byte[1001]);
        Assert.Contains("has 1001 bytes; this node takes at most 1000", await Stranger.RefusedDeployAsync(node, Stranger.RunRequest(node, "a", "large")));
        Assert.Equal(0, node.Cache.Count);
    }

    [Fact]
    public async Task A_store_that_lies_about_a_size_or_a_hash_gains_nothing()
    {
        NodeUnderTest node = await StartNodeAsync(new NodeOptions { MaxArtifactBytes = 1_000_000, DeployTimeout = TimeSpan.FromSeconds(5) });
        byte[] secret = Encoding.ASCII.GetBytes($"#!{TestPrograms.Path("exit")}\n");
        await Stranger.UploadAsync("small", secret, "LIES");
        await Stranger.UploadAsync("big", new byte[1_200_000], "LIES");
        await ChangeMetadataAsync("big", metadata => metadata["size"] = 10);
        Assert.NotEmpty(await Stranger.RefusedDeployAsync(node, Request("big")));

        // What another namespace has, by nothing but its hash.
        await UploadAsync("exit");
        _ = await Stranger.DeployAsync(node, Stranger.RunRequest(node, "mine", "exit"), "victim");
        string digest = System.Buffers.Text.Base64Url.EncodeToString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(TestPrograms.Path("exit"))));
        await ChangeMetadataAsync("small", metadata => metadata["digest"] = $"SHA-256={digest}=");
        Assert.NotEmpty(await Stranger.RefusedDeployAsync(node, Request("small"), "thief"));

        string Request(string key) => Stranger.RunRequest(node, "lie", key, request => request["location"] = $"nats://LIES/{key}");

        async Task ChangeMetadataAsync(string key, Action<JsonObject> change)
        {
            string subject = $"$O.LIES.M.{Convert.ToBase64String(Encoding.UTF8.GetBytes(key)).Replace('+', '-').Replace('/', '_')}";
            var jetStream = Stranger.Connection.CreateJetStreamContext();
            var stream = await jetStream.GetStreamAsync("OBJ_LIES");
            var last = await stream.GetAsync(new NATS.Client.JetStream.Models.StreamMsgGetRequest { LastBySubj = subject });
            JsonObject metadata = JsonNode.Parse(last.Message.Data.Span)!.AsObject();
            change(metadata);
            _ = await jetStream.PublishAsync(subject, Encoding.UTF8.GetBytes(metadata.ToJsonString()), serializer: NatsRawSerializer<byte[]>.Default, headers: new NatsHeaders { ["Nats-Rollup"] = "sub" });
        }
    }

    [Fact]
    public async Task Who_has_had_an_artifact_is_given_it_from_the_cache_and_others_fetch_it_themselves()
    {
        using var outcomes = new MetricWatch("nex.node.artifacts");
        NodeUnderTest node = await StartNodeAsync();
        await UploadAsync("identify");
        _ = await Stranger.DeployAsync(node, Stranger.RunRequest(node, "a", "identify"), "one");
        long bytes = node.Cache.Bytes;
        _ = await Stranger.DeployAsync(node, Stranger.RunRequest(node, "b", "identify"), "one");
        _ = await Stranger.DeployAsync(node, Stranger.RunRequest(node, "c", "identify"), "two");
        Assert.Equal((1, bytes), (node.Cache.Count, node.Cache.Bytes));
        Assert.Contains("cached", outcomes.Reports.Reached);
        Assert.True(node.Cache.Hits >= 1);
    }

    [Fact]
    public async Task What_is_no_program_is_refused_and_nothing_of_it_runs()
    {
        NodeUnderTest node = await StartNodeAsync();
        await Stranger.UploadAsync("noise", [.. Enumerable.Range(0, 10_000).Select(number => (byte)(number * 31))]);
        await Stranger.UploadAsync("empty", []);
        Assert.Contains("was not started", await Stranger.RefusedDeployAsync(node, Stranger.RunRequest(node, "a", "noise")));
        Assert.NotEmpty(await Stranger.RefusedDeployAsync(node, Stranger.RunRequest(node, "a", "empty")));
        Assert.Equal(0, node.Node.Status.Workloads);
    }

    [Fact]
    public async Task A_deploy_that_takes_too_long_is_answered_in_time()
    {
        // The one agent that says hello is taken.
        using var directory = new TempDirectory();
        NodeUnderTest node = await StartNodeAsync(
            new NodeOptions { DeployTimeout = TimeSpan.FromSeconds(3) },
            NodeUnderTest.OptionsOf() with { PoolSize = 1, AgentPath = SlowAgent(directory) });
        await UploadAsync("tree");
        _ = await Stranger.DeployAsync(node, Stranger.RunRequest(node, "a", "tree", argv: ["polite"]));
        Assert.Contains("did not start within 3 s", await Stranger.RefusedDeployAsync(node, Stranger.RunRequest(node, "b", "tree", argv: ["polite"])));
    }

    /// <summary>An agent of which only the first starts.</summary>
    private static string SlowAgent(TempDirectory directory)
    {
        string agent = Path.Combine(AppContext.BaseDirectory, "nex-agent");
        return directory.WriteProgram("nex-agent", $"#!/bin/sh\nif mkdir {directory["first"]} 2>/dev/null; then exec {agent} \"$@\"; fi\nexec sleep 1000\n");
    }
}
