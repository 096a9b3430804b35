using Nex.Client;
using Nex.Control.Connections;
using Nex.Control.Messages;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.Node.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Hosting;

public sealed class NodeProgramTests
{
    private const int Interrupt = 2;

    [Fact]
    public async Task A_node_that_is_killed_leaves_no_agent_and_no_server()
    {
        await using NexProgram node = await NexProgram.StartAsync("--pool-size", "2");
        IReadOnlyList<ProcessIdentity> started = node.Descendants();
        Assert.Contains(LiveProcesses.DescendantsOf(node.Program.ProcessId), process => Path.GetFileName(process.Arguments[0]) == "nats-server");
        Assert.Contains(LiveProcesses.DescendantsOf(node.Program.ProcessId), process => Path.GetFileName(process.Arguments[0]) == "nex-agent");

        await node.Program.KillAsync();

        await LiveProcesses.EndAsync(started);
    }

    [Fact]
    public async Task SIGTERM_ends_it_with_all_that_it_has_started()
    {
        await using NexProgram node = await NexProgram.StartAsync();
        IReadOnlyList<ProcessIdentity> started = node.Descendants();

        Assert.True(node.Program.Signal(Signals.Terminate));

        Assert.Equal(0, (await node.Program.EndAsync()).Code);
        await LiveProcesses.EndAsync(started);
        Assert.Null(LocalNode.Find(node.DataDirectory));
    }

    [Fact]
    public async Task A_workload_may_end_by_itself_after_SIGTERM()
    {
        await using NexProgram node = await NexProgram.StartAsync("--set", "drain_timeout_ms=60000");
        await DeployAsync(node, "sleep", "2");

        Assert.True(node.Program.Signal(Signals.Terminate));

        _ = await node.Program.LineAsync(line => line.Contains("1 workloads may run on", StringComparison.Ordinal)).Within();
        Assert.Equal(0, (await node.Program.EndAsync()).Code);
    }

    [Fact]
    public async Task Workloads_that_run_on_are_stopped_when_the_time_is_over()
    {
        await using NexProgram node = await NexProgram.StartAsync("--set", "drain_timeout_ms=100");
        await DeployAsync(node, "sleep", "1000");
        IReadOnlyList<ProcessIdentity> started = node.Descendants();

        Assert.True(node.Program.Signal(Signals.Terminate));

        Assert.Equal(0, (await node.Program.EndAsync()).Code);
        await LiveProcesses.EndAsync(started);
    }

    [Fact]
    public async Task A_second_signal_ends_everything_at_once()
    {
        await using NexProgram node = await NexProgram.StartAsync("--set", "drain_timeout_ms=3600000", "--set", "stop_timeout_ms=3600000");
        // It does not hear that it is to end.
        await DeployAsync(node, "sh", "-c", "trap '' TERM; while :; do sleep 1000; done");
        IReadOnlyList<ProcessIdentity> started = node.Descendants();
        Assert.True(node.Program.Signal(Signals.Terminate));
        _ = await node.Program.LineAsync(line => line.Contains("A second signal ends all at once", StringComparison.Ordinal)).Within();

        Assert.True(node.Program.Signal(Interrupt));

        Assert.Equal(130, (await node.Program.EndAsync()).Code);
        await LiveProcesses.EndAsync(started);
    }

    [Fact]
    public async Task A_node_is_the_same_after_a_restart()
    {
        await using NexProgram node = await NexProgram.StartAsync();
        string id = node.Id;
        await node.Program.KillAsync();

        await node.StartAgainAsync();

        Assert.StartsWith("N", id);
        Assert.Equal(id, node.Id);
        await using NexClient client = await PatientClient.ConnectAsync(node.Connection);
        Assert.Equal(id, Assert.Single(await client.ListNodesAsync().Within()).NodeId);
    }

    [Fact]
    public async Task A_second_node_joins_the_server_of_the_first()
    {
        await using NexProgram node = await NexProgram.StartAsync();
        await using NexProgram second = await NexProgram.StartAsync("--context", LocalNode.ContextFile(node.DataDirectory), "--name", "second", "--tag", "site=here");

        IReadOnlyList<PingReply> nodes = await RollCall.TakeAsync(node.Connection, 2);

        Assert.Equal(((string[])[node.Id, second.Id]).Order(StringComparer.Ordinal), nodes.Select(reply => reply.NodeId));
        Assert.Equal("here", nodes.Single(reply => reply.NodeId == second.Id).Tags!["site"]);
    }

    [Fact]
    public async Task Two_nodes_do_not_share_a_directory()
    {
        await using NexProgram node = await NexProgram.StartAsync();
        using var other = new TempDirectory();

        (ProcessExit exit, string text) = await NexProgram.RunAsync(other, [.. NexProgram.Arguments(other).Select(argument => argument == other["data"] ? node.DataDirectory : argument)]);

        Assert.Equal(1, exit.Code);
        Assert.Contains($"Another node (process {node.Program.ProcessId}) uses {node.DataDirectory}", text);
    }

    [Fact]
    public async Task What_cannot_be_used_ends_it_with_all_reasons_at_once()
    {
        using var directory = new TempDirectory();

        (ProcessExit exit, string text) = await NexProgram.RunAsync(
            directory, [.. NexProgram.Arguments(directory), "--pool-size", "many", "--set", "ping_interval_ms=0"]);

        Assert.Equal(2, exit.Code);
        Assert.Contains("--pool-size: machine_pool_size: expected a whole number from 1 to 10000, and it is 'many'.", text);
        Assert.Contains("--set: ping_interval_ms: expected a whole number from 1 to 86400000 (milliseconds), and it is '0'.", text);
    }

    [Fact]
    public async Task A_system_that_cannot_be_reached_has_an_exit_code_of_its_own()
    {
        using var directory = new TempDirectory();

        (ProcessExit exit, string text) = await NexProgram.RunAsync(directory, [.. NexProgram.Arguments(directory), "--server", "nats://127.0.0.1:9"]);

        Assert.Equal(5, exit.Code);
        Assert.Contains("nats://127.0.0.1:9", text);
    }

    [Fact]
    public async Task A_server_that_is_not_installed_is_told_with_the_remedy()
    {
        using var directory = new TempDirectory();

        (ProcessExit exit, string text) = await NexProgram.RunAsync(directory, [.. NexProgram.Arguments(directory), "--set", "nats_server.path=/nowhere/nats-server"]);

        Assert.Equal(1, exit.Code);
        Assert.Contains("apt-get install nats-server", text);
    }

    private static async Task DeployAsync(NexProgram node, params string[] arguments)
    {
        await using NexClient client = await PatientClient.ConnectAsync(node.Connection);
        await Deployment.StartAsync(client, node.Id, arguments);
    }
}
