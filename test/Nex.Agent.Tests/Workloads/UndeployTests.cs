using System.Diagnostics;
using Nex.Agent.Tests.Support;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.Protocol.Agents;

namespace Nex.Agent.Tests.Workloads;

public sealed class UndeployTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public void A_workload_is_asked_first_and_may_end_by_itself()
    {
        using AgentDriver agent = AgentDriver.Start();
        agent.Deploy("tree", "polite");
        _ = agent.WaitForId("ready");

        Assert.True(agent.Undeploy(Hour));

        Assert.Equal(new AgentExited { Code = 7 }, agent.WaitForExited());
        Assert.Equal("terminated", agent.Lines[^1].Text);
    }

    [Fact]
    public void One_that_ignores_it_is_killed_after_its_grace_and_not_before()
    {
        var grace = TimeSpan.FromMilliseconds(150);
        using AgentDriver agent = AgentDriver.Start();
        agent.Deploy("tree", "stubborn");
        _ = agent.WaitForId("ready");
        long start = Stopwatch.GetTimestamp();

        Assert.True(agent.Undeploy(grace));
        agent.Ping();

        Assert.Equal(new AgentExited { Signal = Signals.Kill }, agent.WaitForExited());
        Assert.True(Stopwatch.GetElapsedTime(start) >= grace);
    }

    [Fact]
    public void Without_grace_it_is_killed_at_once()
    {
        using AgentDriver agent = AgentDriver.Start();
        agent.Deploy("tree", "stubborn");
        _ = agent.WaitForId("ready");

        Assert.True(agent.Undeploy(TimeSpan.Zero));

        Assert.Equal(new AgentExited { Signal = Signals.Kill }, agent.WaitForExited());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    public void A_grace_that_has_passed_is_none(long graceMs)
    {
        using AgentDriver agent = AgentDriver.Start();
        agent.Deploy("tree", "stubborn");
        _ = agent.WaitForId("ready");

        Assert.True(agent.Undeploy(graceMs));

        Assert.Equal(new AgentExited { Signal = Signals.Kill }, agent.WaitForExited());
    }

    [Theory]
    [InlineData(60 * 60 * 1000)]
    [InlineData(long.MaxValue)]
    public void A_second_call_can_shorten_the_wait(long graceMs)
    {
        using AgentDriver agent = AgentDriver.Start();
        agent.Deploy("tree", "stubborn");
        _ = agent.WaitForId("ready");

        Assert.True(agent.Undeploy(graceMs));
        agent.Ping();
        Assert.True(agent.Undeploy(TimeSpan.Zero));

        Assert.Equal(new AgentExited { Signal = Signals.Kill }, agent.WaitForExited());
    }

    [Fact]
    public void A_second_call_cannot_lengthen_it()
    {
        using AgentDriver agent = AgentDriver.Start();
        agent.Deploy("tree", "stubborn");
        _ = agent.WaitForId("ready");

        Assert.True(agent.Undeploy(TimeSpan.FromMilliseconds(100)));
        Assert.True(agent.Undeploy(Hour));

        Assert.Equal(new AgentExited { Signal = Signals.Kill }, agent.WaitForExited());
    }

    [Fact]
    public void A_stopped_workload_is_woken_to_end()
    {
        using AgentDriver agent = AgentDriver.Start();
        int pid = agent.Deploy("tree", "stopped");
        _ = agent.WaitForId("ready");
        while (ProcessStat.TryRead(pid) is not { State: 'T' })
        {
            // Each answer is an event that the agent had time for; it stops itself right behind its line.
            agent.Ping();
        }

        Assert.True(agent.Undeploy(Hour));

        Assert.Equal(new AgentExited { Code = 7 }, agent.WaitForExited());
    }

    [Fact]
    public void Without_a_workload_there_is_nothing_to_stop_and_one_can_still_be_deployed()
    {
        using AgentDriver agent = AgentDriver.Start();

        Assert.False(agent.Undeploy(TimeSpan.Zero));
        Assert.False(agent.Undeploy(Hour));

        agent.Deploy("exit", "3");
        Assert.Equal(new AgentExited { Code = 3 }, agent.WaitForExited());
    }

    [Fact]
    public void After_the_end_there_is_nothing_to_stop()
    {
        using AgentDriver agent = AgentDriver.Start();
        agent.Deploy("exit", "3");
        _ = agent.WaitForExited();

        Assert.False(agent.Undeploy(TimeSpan.Zero));
        Assert.False(agent.Undeploy(Hour));
        agent.Ping();
    }

    [Fact]
    public void After_a_deploy_that_failed_there_is_nothing_to_stop()
    {
        using AgentDriver agent = AgentDriver.Start();
        DeployTests.AssertRefused(agent, Workload.Of("exit") with { Type = "oci" }, AgentErrors.UnsupportedType, "This agent");

        Assert.False(agent.Undeploy(TimeSpan.Zero));
        agent.Ping();
    }

    [Fact]
    public void One_that_floods_its_output_is_stopped_too()
    {
        using AgentDriver agent = AgentDriver.Start();
        agent.Deploy("write", "flood");
        agent.Until(() => agent.Lines.Count > 0);

        Assert.True(agent.Undeploy(Hour));

        Assert.Equal(new AgentExited { Signal = Signals.Terminate }, agent.WaitForExited());
    }
}
