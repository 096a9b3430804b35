using System.Collections.Concurrent;
using Nex.Client;
using Nex.Client.Streams;
using Nex.Client.Workloads;
using Nex.Control;
using Nex.Control.Connections;
using Nex.Control.Messages;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Hosting;

public sealed class ThreeNodesTests
{
    // Marks the processes of a workload, of which some have left its session.
    private const string Marker = "12345678";
    private static readonly string[] Family = ["sh", "-c", $"setsid sh -c 'echo up; sleep 1000; :' {Marker} & sleep 1000; :", Marker];

    // It does not end when it is asked to.
    private static readonly string[] Stubborn = ["sh", "-c", "trap 'echo asked' TERM; echo up; while :; do sleep 1000 & wait; done", Marker];

    [Fact]
    public async Task One_that_is_killed_is_gone_with_its_workloads_and_the_others_do_not_notice()
    {
        await using Fleet fleet = await Fleet.StartAsync(3);
        Milestones<NodeLogLine> lines = await fleet.ListenAsync();
        _ = await Task.WhenAll(fleet.Nodes.Select(node => fleet.DeployAsync(node, Family))).Within();
        await lines.CountAsync(line => line.Text == "up", 3);
        Assert.Equal(Ids(fleet.Nodes), await ListAsync(fleet, 3));
        NexProgram killed = fleet.Nodes[1];
        NexProgram[] others = [fleet.Nodes[0], fleet.Nodes[2]];
        IReadOnlyList<ProcessIdentity> ofKilled = killed.Descendants();
        ProcessIdentity[] before = Workloads(others);
        Assert.Equal(4, before.Length);

        await killed.Program.KillAsync();

        await LiveProcesses.EndAsync(ofKilled);
        Assert.Equal(Ids(others), await ListAsync(fleet, 2));
        _ = await Assert.ThrowsAsync<ControlException>(() => fleet.Client.PingAsync(killed.Id)).WaitAsync(Deadline.Length);
        Assert.Equal(before, Workloads(others));
        foreach (NexProgram node in others)
        {
            _ = await fleet.DeployAsync(node, Family).Within();
            Assert.Equal(2, (await fleet.Client.GetInfoAsync(node.Id).Within()).Machines.Count);
        }

        Assert.Equal(before, Workloads(others).Intersect(before));
    }

    /// <summary>
    /// Stops are in work when the server is killed, and done before it is back; deploys come all the time, from several sides. In the end the nodes
    /// run what they have said that they run, and nothing else.
    /// </summary>
    [Fact]
    public async Task What_was_in_work_when_the_server_was_restarted_is_answered_and_all_recovers()
    {
        await using Fleet fleet = await Fleet.StartAsync(3);
        Milestones<NodeLogLine> lines = await fleet.ListenAsync();
        RunReply[] stubborn = await Task.WhenAll(fleet.Nodes.Select(node => fleet.DeployAsync(node, Stubborn))).Within();
        await lines.CountAsync(line => line.Text == "up", 3);
        Task<StopReply>[] stops = [.. fleet.Nodes.Zip(stubborn, (node, workload) => StopAsync(fleet, node, workload))];
        await lines.CountAsync(line => line.Text == "asked", 3);
        var started = new ConcurrentBag<string>();
        var answers = new Milestones<string>();
        Task load = Task.WhenAll(fleet.Nodes.Select(node => DeployFromAsync(fleet, node, started, answers)));
        _ = await answers.CountAsync(3);

        await fleet.Server.KillAsync();
        await KillAsync(fleet.Nodes.SelectMany(node => Fleet.ProcessesOf(node, Marker)));
        await fleet.Server.RestartAsync();

        Assert.All(await Task.WhenAll(stops).Within("stops are answered"), reply => Assert.True(reply.Stopped));
        await load.Within("deploys are answered or given up");
        Assert.Equal(Ids(fleet.Nodes), await ListAsync(fleet, 3));
        InfoReply[] told = await Task.WhenAll(fleet.Nodes.Select(node => fleet.Client.GetInfoAsync(node.Id))).Within();
        Assert.Equal(
            started.Order(StringComparer.Ordinal),
            told.SelectMany(info => info.Machines).Select(machine => machine.Id).Order(StringComparer.Ordinal));
        _ = await Task.WhenAll(fleet.Nodes.Select(node => fleet.DeployAsync(node, "echo", "back"))).Within();
        await lines.CountAsync(line => line.Text == "back", 3);
    }

    private static async Task DeployFromAsync(Fleet fleet, NexProgram node, ConcurrentBag<string> started, Milestones<string> answers)
    {
        await using NexClient client = await Fleet.ConnectAsync(fleet.Server);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(async _ =>
        {
            for (int count = 0; count < 5; count++)
            {
                try
                {
                    started.Add((await fleet.DeployAsync(client, node, "sleep", "1000")).Id);
                }
                catch (ControlException failure) when (failure.Fault is not ControlFault.UnreadableAnswer)
                {
                    // The request was lost with the server, came before the node was back, or before its artifact could be had: who asked has been told.
                }

                answers.Add("");
            }
        }));
    }

    private static Task<StopReply> StopAsync(Fleet fleet, NexProgram node, RunReply workload) => fleet.Client.StopAsync(
        new StopOptions { Workload = workload.Id, NodeId = node.Id, Name = workload.Name, Issuer = fleet.Issuer });

    private static async Task KillAsync(IEnumerable<LiveProcess> processes)
    {
        ProcessIdentity[] ending = [.. processes.Select(process => process.Identity)];
        foreach (ProcessIdentity process in ending)
        {
            using PidFd? open = PidFd.TryOpen(process.ProcessId);
            _ = open?.TrySignal(Signals.Kill);
        }

        await LiveProcesses.EndAsync(ending);
    }

    private static async Task<string[]> ListAsync(Fleet fleet, int count) =>
        [.. (await RollCall.TakeAsync(new NatsSettings { Servers = [fleet.Server.Url] }, count)).Select(node => node.NodeId)];

    private static string[] Ids(IEnumerable<NexProgram> nodes) => [.. nodes.Select(node => node.Id).Order(StringComparer.Ordinal)];

    private static ProcessIdentity[] Workloads(IEnumerable<NexProgram> nodes) =>
        [.. nodes.SelectMany(node => Fleet.ProcessesOf(node, Marker)).Select(process => process.Identity)];
}
