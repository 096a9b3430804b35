using System.Text.Json;
using NATS.Client.Core;
using Nex.Linux.Processes;
using Nex.Node.Control;
using Nex.Node.Tests.Support;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Control;

public sealed class QueryTests(SharedNats nats) : NodeTest(nats)
{
    [Fact]
    public async Task A_node_says_who_it_is()
    {
        NodeUnderTest node = await StartNodeAsync(new NodeOptions { Name = "kind-falcon", Tags = new Dictionary<string, string> { ["simple"] = "true", ["nex.lameduck"] = "true" } });
        JsonElement data = await Stranger.DoAsync($"$NEX.PING.{node.Id}");
        Assert.Equal(node.Id, data.GetProperty("node_id").GetString());
        Assert.Equal(node.Identity.PublicXkey, data.GetProperty("target_xkey").GetString());
        Assert.Equal(0, data.GetProperty("running_machines").GetInt32());
        Assert.Matches("^[0-9]+s$", data.GetProperty("uptime").GetString());
        Assert.Matches(@"^[0-9]+\.[0-9]+\.[0-9]+", data.GetProperty("version").GetString());
        JsonElement tags = data.GetProperty("tags");
        Assert.Equal("kind-falcon", tags.GetProperty("node_name").GetString());
        Assert.Equal("linux", tags.GetProperty("nex.os").GetString());
        Assert.Equal("true", tags.GetProperty("nex.unsafe").GetString());
        Assert.Equal("true", tags.GetProperty("simple").GetString());
        Assert.Equal($"{Environment.ProcessorCount}", tags.GetProperty("nex.cpucount").GetString());
        Assert.False(tags.TryGetProperty("nex.lameduck", out _));
    }

    [Fact]
    public async Task All_nodes_answer_a_ping_of_all()
    {
        NodeUnderTest first = await StartNodeAsync();
        NodeUnderTest second = await StartNodeAsync();
        string inbox = Stranger.Connection.NewInbox();
        Milestones<Heard> answers = await Stranger.ListenAsync(inbox);
        await Stranger.Connection.PublishAsync("$NEX.PING", [], replyTo: inbox, serializer: NatsRawSerializer<byte[]>.Default);
        _ = await answers.FirstAsync(answer => answer.Text.Contains(first.Id, StringComparison.Ordinal));
        _ = await answers.FirstAsync(answer => answer.Text.Contains(second.Id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Workloads_are_shown_to_their_namespace_alone()
    {
        NodeUnderTest node = await StartNodeAsync();
        await UploadAsync("tree");
        string id = (await Stranger.DeployAsync(node, Stranger.RunRequest(node, "mine", "tree", argv: ["polite"]), "Mine")).GetProperty("id").GetString()!;

        JsonElement machine = Assert.Single((await Stranger.DoAsync($"$NEX.INFO.Mine.{node.Id}")).GetProperty("machines").EnumerateArray());
        Assert.Equal(id, machine.GetProperty("id").GetString());
        Assert.True(machine.GetProperty("healthy").GetBoolean());
        Assert.Equal("Mine", machine.GetProperty("namespace").GetString());
        JsonElement workload = machine.GetProperty("workload");
        Assert.Equal("mine", workload.GetProperty("name").GetString());
        Assert.Equal("Workload published in devmode", workload.GetProperty("description").GetString());
        Assert.Equal("elf", workload.GetProperty("type").GetString());
        Assert.Equal(
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(Testing.Files.TestPrograms.Path("tree")))),
            workload.GetProperty("hash").GetString());

        JsonElement other = await Stranger.DoAsync($"$NEX.INFO.other.{node.Id}");
        Assert.Empty(other.GetProperty("machines").EnumerateArray());
        Assert.Equal("elf", Assert.Single(other.GetProperty("supported_workload_types").EnumerateArray()).GetString());
        Assert.True(other.GetProperty("memory").GetProperty("total").GetInt64() > other.GetProperty("memory").GetProperty("available").GetInt64());
        Assert.Equal(1, (await Stranger.DoAsync($"$NEX.PING.{node.Id}")).GetProperty("running_machines").GetInt32());

        foreach (string subject in (string[])["$NEX.WPING.mine", "$NEX.WPING.MINE.mine", $"$NEX.WPING.Mine.{id}"])
        {
            JsonElement found = await Stranger.DoAsync(subject);
            JsonElement running = Assert.Single(found.GetProperty("running_machines").EnumerateArray());
            Assert.Equal((id, "Mine", "mine", "elf"), (running.GetProperty("id").GetString(), running.GetProperty("namespace").GetString(), running.GetProperty("name").GetString(), running.GetProperty("type").GetString()));
        }
    }

    [Fact]
    public async Task A_node_without_the_workload_that_is_asked_for_stays_silent()
    {
        NodeUnderTest node = await StartNodeAsync();
        string inbox = Stranger.Connection.NewInbox();
        Milestones<Heard> answers = await Stranger.ListenAsync(inbox);
        foreach (string subject in (string[])["$NEX.WPING.nobody", "$NEX.WPING.nobody.nothing", "$NEX.WPING.default.nothing"])
        {
            await Stranger.Connection.PublishAsync(subject, [], replyTo: inbox, serializer: NatsRawSerializer<byte[]>.Default);
        }

        // What the node would have answered to those comes before its answer to this.
        _ = await Stranger.DoAsync($"$NEX.PING.{node.Id}");
        _ = await Stranger.Connection.PingAsync();
        Assert.Empty(answers.Reached);
    }

    [Fact]
    public async Task A_workload_whose_agent_does_not_answer_is_not_healthy()
    {
        NodeUnderTest node = await StartNodeAsync(processes: NodeUnderTest.OptionsOf() with { PingInterval = TimeSpan.FromMilliseconds(50) });
        await UploadAsync("tree");
        _ = await Stranger.DeployAsync(node, Stranger.RunRequest(node, "ill", "tree", argv: ["polite"]), "ill");
        foreach (LiveProcess agent in node.Processes)
        {
            const int stop = 19;
            using PidFd? process = PidFd.TryOpen(agent.Id);
            _ = process?.TrySignal(stop);
        }

        bool healthy = true;
        using var deadline = new CancellationTokenSource(Deadline.Length);
        while (healthy && !deadline.IsCancellationRequested)
        {
            healthy = (await Stranger.DoAsync($"$NEX.INFO.ill.{node.Id}")).GetProperty("machines")[0].GetProperty("healthy").GetBoolean();
        }

        Assert.False(healthy);
    }

    [Fact]
    public void The_memory_of_a_host_is_read_from_what_the_kernel_writes()
    {
        Assert.Equal(new(24683620, 24033304, 24243504), HostMemory.Parse(["MemTotal:       24683620 kB", "MemFree:        24033304 kB", "MemAvailable:   24243504 kB", "Buffers: 1 kB"]));
        Assert.Null(HostMemory.Parse(["MemTotal:       24683620 kB", "", "MemFree", "MemAvailable: many kB"]));
        Assert.Null(HostMemory.Parse([]));
    }
}
