using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;
using NATS.Client.ObjectStore;
using NATS.Client.ObjectStore.Models;
using NATS.Net;
using Nex.Node.Artifacts;
using Nex.Node.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

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
    }

    /// <summary>Metadata that tells of more than there is: a fetch that waits for the rest would wait for ever.</summary>
    [Theory]
    [InlineData("size")]
    [InlineData("chunks")]
    [InlineData("both")]
    [InlineData("nuid")]
    [InlineData("purged")]
    public async Task What_is_not_there_whole_is_refused_at_once(string lie)
    {
        NodeUnderTest node = await StartNodeAsync(new NodeOptions { DeployTimeout = TimeSpan.FromMinutes(10) });
        string key = $"incomplete-{lie}";
        await Stranger.UploadAsync(key, File.ReadAllBytes(TestPrograms.Path("exit")), "LIES");
        if (lie == "purged")
        {
            string nuid = "";
            await ChangeMetadataAsync(key, metadata => nuid = (string)metadata["nuid"]!);
            await PurgeAsync(nuid);
        }
        else
        {
            await ChangeMetadataAsync(key, metadata =>
            {
                metadata["size"] = lie is "size" or "both" ? 100_000_000 : (long)metadata["size"]!;
                metadata["chunks"] = lie is "chunks" or "both" ? 1000 : (int)metadata["chunks"]!;
                metadata["nuid"] = lie == "nuid" ? "nobody" : (string)metadata["nuid"]!;
            });
        }

        string reason = await Stranger.RefusedDeployAsync(node, Stranger.RunRequest(node, "lie", key, request => request["location"] = $"nats://LIES/{key}"));

        Assert.Contains($"The artifact nats://LIES/{key} could not be fetched whole", reason, StringComparison.Ordinal);
        Assert.Equal(0, node.Cache.Count);
    }

    /// <summary>Each becomes a part of a subject. A server ends the connection of a node that sends it a longer line than it takes.</summary>
    [Theory]
    [InlineData("bucket")]
    [InlineData("key")]
    [InlineData("domain")]
    [InlineData("nuid")]
    public async Task A_name_that_is_too_long_does_not_cost_the_node_its_connection(string what)
    {
        string @long = new('l', 5000);
        NodeUnderTest node = await StartNodeAsync();
        await Stranger.UploadAsync("damaged", File.ReadAllBytes(TestPrograms.Path("exit")), "LIES");
        await ChangeMetadataAsync("damaged", metadata => metadata["nuid"] = @long);
        ulong connection = node.Connection.ServerInfo!.ClientId;

        string reason = await Stranger.RefusedDeployAsync(node, Stranger.RunRequest(node, "long", "", request =>
        {
            request["location"] = $"nats://{(what == "bucket" ? @long : "LIES")}/{(what == "key" ? @long : "damaged")}";
            request["jsdomain"] = what == "domain" ? @long : "";
        }));

        Assert.Matches("at most|no name of a JetStream domain|is damaged", reason);
        Assert.Equal(connection, node.Connection.ServerInfo.ClientId);
    }

    [Fact]
    public async Task A_link_is_not_followed_so_that_one_to_itself_keeps_nobody_busy()
    {
        NodeUnderTest node = await StartNodeAsync();
        await Stranger.UploadAsync("loop", File.ReadAllBytes(TestPrograms.Path("exit")), "LIES");
        await ChangeMetadataAsync("loop", metadata => metadata["options"] = new JsonObject { ["link"] = new JsonObject { ["bucket"] = "LIES", ["name"] = "loop" } });

        string reason = await Stranger.RefusedDeployAsync(node, Stranger.RunRequest(node, "lie", "loop", request => request["location"] = "nats://LIES/loop"));

        Assert.Contains("is a link", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_artifact_in_many_parts_comes_whole()
    {
        NodeUnderTest node = await StartNodeAsync();
        // More parts than are asked for at once, behind a program that runs with whatever follows it.
        byte[] program = [.. File.ReadAllBytes(TestPrograms.Path("silent")), .. new byte[1_000_000]];
        INatsObjStore store = await Stranger.Connection.CreateObjectStoreContext().CreateObjectStoreAsync("PARTS").Within();
        _ = await store.PutAsync(new ObjectMetadata { Name = "parts", Options = new MetaDataOptions { MaxChunkSize = 10_000 } }, new MemoryStream(program)).Within();

        JsonElement started = await Stranger.DeployAsync(node, Stranger.RunRequest(node, "parts", "parts", request => request["location"] = "nats://PARTS/parts"));

        Assert.True(started.GetProperty("started").GetBoolean());
        Assert.Equal(program.Length, node.Cache.Bytes);
    }

    [Fact]
    public async Task A_fetch_that_is_cancelled_at_whatever_moment_is_no_fault_of_the_store()
    {
        const int moments = 300;
        INatsObjStore store = await Stranger.Connection.CreateObjectStoreContext().CreateObjectStoreAsync("CANCELLED").Within();
        ObjectMetadata found = await store.PutAsync("parts", new byte[1_000_000]).AsTask().Within();
        await CopyAsync(CancellationToken.None);
        long begun = Stopwatch.GetTimestamp();
        await CopyAsync(CancellationToken.None);
        TimeSpan whole = Stopwatch.GetElapsedTime(begun);

        for (int moment = 0; moment < moments; moment++)
        {
            using var cancelling = new CancellationTokenSource();
            begun = Stopwatch.GetTimestamp();
            Task copying = CopyAsync(cancelling.Token);
            SpinWait.SpinUntil(() => copying.IsCompleted || Stopwatch.GetElapsedTime(begun) > whole * moment / moments);
            await cancelling.CancelAsync();
            try
            {
                await copying;
            }
            catch (OperationCanceledException)
            {
                // That it says nothing else is what is tested.
            }
        }

        Task CopyAsync(CancellationToken cancellationToken) => ObjectReader.CopyAsync(store, found, Stream.Null, cancellationToken).Within();
    }

    [Fact]
    public async Task Namespaces_that_call_workloads_and_artifacts_alike_run_each_its_own()
    {
        NodeUnderTest node = await StartNodeAsync();
        await Stranger.UploadAsync("app", File.ReadAllBytes(TestPrograms.Path("write")), "OF-ONE");
        await Stranger.UploadAsync("app", File.ReadAllBytes(TestPrograms.Path("show")), "OF-TWO");
        Milestones<Heard> lines = await Stranger.ListenAsync($"$NEX.logs.*.{node.Id}.app.>");

        // Each twice: fetched, and from the cache.
        for (int time = 1; time <= 2; time++)
        {
            _ = await Stranger.DeployAsync(node, Request("OF-ONE", "lines", "1"), "one");
            _ = await Stranger.DeployAsync(node, Request("OF-TWO", "directory"), "two");
            await lines.CountAsync(line => Says(line, "one", "line 0"), time);
            await lines.CountAsync(line => Says(line, "two", "/"), time);
        }

        Assert.Equal(2, node.Cache.Count);
        Assert.DoesNotContain(lines.Reached, line => Says(line, "one", "/") || Says(line, "two", "line 0"));

        string Request(string bucket, params string[] argv) => Stranger.RunRequest(node, "app", "", request => request["location"] = $"nats://{bucket}/app", argv);

        static bool Says(Heard line, string @namespace, string text) =>
            line.Subject.StartsWith($"$NEX.logs.{@namespace}.", StringComparison.Ordinal) && line.Json.GetProperty("text").GetString()!.Contains(text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fetch_leaves_nothing_on_the_server()
    {
        NodeUnderTest node = await StartNodeAsync();
        await Stranger.UploadAsync("exit", File.ReadAllBytes(TestPrograms.Path("exit")), "LEFT");
        Milestones<Heard> removed = await Stranger.ListenAsync("$JS.EVENT.ADVISORY.CONSUMER.DELETED.OBJ_LEFT.*");

        _ = await Stranger.DeployAsync(node, Stranger.RunRequest(node, "left", "exit", request => request["location"] = "nats://LEFT/exit"));

        _ = await removed.AtAsync(0);
        INatsJSStream stream = await Stranger.Connection.CreateJetStreamContext().GetStreamAsync("OBJ_LEFT");
        Assert.Equal(0, stream.Info.State.ConsumerCount);
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

    /// <summary>Does to the metadata of an object what anybody can do who may write to its store.</summary>
    private async Task ChangeMetadataAsync(string key, Action<JsonObject> change)
    {
        string subject = $"$O.LIES.M.{Convert.ToBase64String(Encoding.UTF8.GetBytes(key)).Replace('+', '-').Replace('/', '_')}";
        INatsJSContext jetStream = Stranger.Connection.CreateJetStreamContext();
        INatsJSStream stream = await jetStream.GetStreamAsync("OBJ_LIES");
        StreamMsgGetResponse last = await stream.GetAsync(new StreamMsgGetRequest { LastBySubj = subject });
        JsonObject metadata = JsonNode.Parse(last.Message.Data.Span)!.AsObject();
        change(metadata);
        _ = await jetStream.PublishAsync(subject, Encoding.UTF8.GetBytes(metadata.ToJsonString()), serializer: NatsRawSerializer<byte[]>.Default, headers: new NatsHeaders { ["Nats-Rollup"] = "sub" });
    }

    private async Task PurgeAsync(string nuid)
    {
        INatsJSStream stream = await Stranger.Connection.CreateJetStreamContext().GetStreamAsync("OBJ_LIES");
        _ = await stream.PurgeAsync(new StreamPurgeRequest { Filter = $"$O.LIES.C.{nuid}" });
    }

    /// <summary>An agent of which only the first starts.</summary>
    private static string SlowAgent(TempDirectory directory)
    {
        string agent = Path.Combine(AppContext.BaseDirectory, "nex-agent");
        return directory.WriteProgram("nex-agent", $"#!/bin/sh\nif mkdir {directory["first"]} 2>/dev/null; then exec {agent} \"$@\"; fi\nexec sleep 1000\n");
    }
}
