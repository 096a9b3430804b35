using Nex.Agent.Tests.Support;
using Nex.Linux.Processes;
using Nex.Protocol.Agents;

namespace Nex.Agent.Tests.Workloads;

public sealed class ProcessTreeTests
{
    [Fact]
    public void An_undeploy_ends_children_in_sessions_of_their_own()
    {
        using AgentDriver agent = AgentDriver.Start();
        agent.Deploy("tree", "children");
        ProcessIdentity[] tree = Identities(agent, "ready", "child", "grandchild");

        Assert.True(agent.Undeploy(TimeSpan.FromMilliseconds(50)));

        _ = agent.WaitForExited();
        AssertGone(agent, tree);
    }

    [Fact]
    public void When_the_main_process_ends_what_it_started_ends_before_the_report()
    {
        using AgentDriver agent = AgentDriver.Start();
        agent.Deploy("tree", "abandon");
        int[] ids = [agent.WaitForId("child"), agent.WaitForId("grandchild")];

        Assert.Equal(new AgentExited { Code = 3 }, agent.WaitForExited());

        Assert.All(ids, id => Assert.False(ProcessStat.TryRead(id) is { IsZombie: false }));
        Assert.Empty(Children.Of(agent.ProcessId));
    }

    [Fact]
    public void An_orphan_is_reaped_while_the_workload_runs()
    {
        using AgentDriver agent = AgentDriver.Start();
        int main = agent.Deploy("tree", "orphan");
        int orphan = agent.WaitForId("orphan");
        _ = agent.WaitForId("ready");
        using (PidFd? process = PidFd.TryOpen(orphan))
        {
            if (process is not null)
            {
                AgentDriver.WaitFor(process);
            }
        }

        // The agent reaps before it sends the answer.
        agent.Ping();

        Assert.Equal([main], Children.Of(agent.ProcessId));
        Assert.Null(agent.Exited);
    }

    [Fact]
    public void The_end_of_the_link_ends_the_whole_tree_and_then_the_agent()
    {
        using AgentDriver agent = AgentDriver.Start();
        agent.Deploy("tree", "children");
        ProcessIdentity[] tree = Identities(agent, "ready", "child", "grandchild");

        agent.CloseLink();

        Assert.Equal(new ProcessExit(ExitCodes.LinkEnded, null), agent.WaitForEnd());
        Assert.All(tree, process => Assert.False(process.IsAlive));
        Assert.Equal("", agent.Diagnostics);
    }

    [Fact]
    public void The_end_of_the_link_ends_a_workload_that_floods_it()
    {
        using AgentDriver agent = AgentDriver.Start();
        int pid = agent.Deploy("write", "flood");
        ProcessIdentity workload = ProcessIdentity.TryGet(pid)!.Value;
        agent.Until(() => agent.Lines.Count > 10_000);

        agent.CloseLink();

        Assert.Equal(new ProcessExit(ExitCodes.LinkEnded, null), agent.WaitForEnd());
        Assert.False(workload.IsAlive);
        Assert.Equal("", agent.Diagnostics);
    }

    [Fact]
    public void The_end_of_the_link_is_a_good_end_every_time()
    {
        for (int count = 0; count < 40; count++)
        {
            using AgentDriver agent = AgentDriver.Start();
            agent.Deploy("exit");
            agent.CloseLink();

            Assert.Equal(new ProcessExit(ExitCodes.LinkEnded, null), agent.WaitForEnd());
            Assert.Equal("", agent.Diagnostics);
        }
    }

    [Fact]
    public void A_node_that_is_killed_takes_the_agent_and_its_whole_tree_with_it()
    {
        using AgentDriver agent = AgentDriver.StartBelowAnother();
        agent.Deploy("tree", "children");
        ProcessIdentity[] tree = Identities(agent, "ready", "child", "grandchild");
        ProcessIdentity[] all = [.. tree, ProcessIdentity.TryGet(ProcessStat.TryRead(tree[0].ProcessId)!.Value.ParentId)!.Value];
        PidFd[] opened = [.. all.Select(process => PidFd.TryOpen(process.ProcessId)!)];

        agent.Kill();
        agent.CloseLink();

        foreach (PidFd process in opened)
        {
            AgentDriver.WaitFor(process);
            process.Dispose();
        }
    }

    [Fact]
    public void A_workload_leads_a_group_in_the_session_of_its_agent()
    {
        using AgentDriver agent = AgentDriver.Start();

        agent.Deploy("show", "group");
        _ = agent.WaitForExited();

        int[] ids = [.. agent.Texts("stdout")[0].Split(' ').Select(int.Parse)];
        Assert.Equal(ids[0], ids[1]);
        Assert.Equal(agent.ProcessId, ids[2]);
    }

    private static ProcessIdentity[] Identities(AgentDriver agent, params string[] names) =>
        [.. names.Select(name => ProcessIdentity.TryGet(agent.WaitForId(name))!.Value)];

    private static void AssertGone(AgentDriver agent, ProcessIdentity[] tree)
    {
        Assert.All(tree, process => Assert.False(process.IsAlive));
        Assert.Empty(Children.Of(agent.ProcessId));
        agent.Ping();
    }
}
