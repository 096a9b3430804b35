using System.Text.Json.Nodes;
using NATS.Client.Core;
using NATS.NKeys;
using Nex.Cli.Commands.Workloads;
using Nex.Cli.Tests.Support;
using Nex.Client;
using Nex.Client.Workloads;
using Nex.Control.Connections;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.Cli.Tests.Commands.Workloads;

/// <summary>Ctrl-C, while the node has been asked to deploy and has not answered.</summary>
public sealed class InterruptedDeployTests : PlayedNodeTest
{
    [Theory]
    [InlineData("--follow")]
    [InlineData("--essential")]
    public async Task What_starts_after_Ctrl_C_is_stopped(string option)
    {
        await using ProgramUnderTest nex = await Home.StartAsync("devrun", BusyBox, option);
        NatsMsg<byte[]> deploy = await Node.Deploys.AtAsync(0);

        nex.Signal(NexHome.Interrupt);
        await nex.LineAsync(line => line.Contains("has been asked to deploy", StringComparison.Ordinal)).Within();
        await PlayedNode.StartedAsync(deploy, "late", "busybox");
        NatsMsg<byte[]> stop = await Node.Stops.AtAsync(0);
        await PlayedNode.StoppedAsync(stop, "late", "busybox");

        Assert.Equal(130, (await nex.EndAsync()).Code);
        Assert.Equal("late", (string?)JsonNode.Parse(stop.Data)!["workload_id"]);
        Assert.Contains("nex: stopped busybox (late)", nex.Lines.Reached);
    }

    [Fact]
    public async Task A_deploy_that_fails_after_Ctrl_C_leaves_nothing_to_stop()
    {
        await using ProgramUnderTest nex = await Home.StartAsync("devrun", BusyBox, "--follow");
        NatsMsg<byte[]> deploy = await Node.Deploys.AtAsync(0);

        nex.Signal(NexHome.Interrupt);
        await nex.LineAsync(line => line.Contains("has been asked to deploy", StringComparison.Ordinal)).Within();
        await PlayedNode.ReplyAsync(deploy, "run", "\"\",\"error\":\"no room\"");

        Assert.Equal(130, (await nex.EndAsync()).Code);
        Assert.Empty(Node.Stops.Reached);
        Assert.DoesNotContain(nex.Lines.Reached, line => line.Contains("may run", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Where_no_answer_comes_it_is_said_that_it_may_run()
    {
        var time = new TestTime();
        using var interrupt = new CancellationTokenSource();
        using KeyPair issuer = KeyPair.CreatePair(PrefixByte.Account);
        await using NexClient client = await NexClient.ConnectAsync(new NatsSettings { Servers = [Server.Url] }).Within();
        var options = new DeployOptions { Name = "work", NodeId = Node.Id, NodeXkey = Node.Xkey, Location = "nats://b/work", Issuer = issuer };
        Task<CommandResult> running = InProcess.RunAsync(async run =>
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new Deployment(run, client, options, time).StartAsync(interrupt.Token));
            return 0;
        });
        await Node.Deploys.AtAsync(0);

        await interrupt.CancelAsync();
        await time.PassAsync(Deployment.Patience);

        Assert.Contains("work may run all the same", (await running).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_does_not_answer_in_time_may_run_it_too()
    {
        using KeyPair issuer = KeyPair.CreatePair(PrefixByte.Account);
        var hasty = new NexClientOptions { WorkTimeout = TimeSpan.FromMilliseconds(300) };
        await using NexClient client = await NexClient.ConnectAsync(new NatsSettings { Servers = [Server.Url] }, hasty).Within();
        var options = new DeployOptions { Name = "work", NodeId = Node.Id, NodeXkey = Node.Xkey, Location = "nats://b/work", Issuer = issuer };

        CommandResult result = await InProcess.RunAsync(async run =>
        {
            await new Deployment(run, client, options, TimeProvider.System).StartAsync(CancellationToken.None);
            return 0;
        });

        Assert.Equal(4, result.ExitCode);
        Assert.Contains("work may run all the same", result.Errors, StringComparison.Ordinal);
    }
}
