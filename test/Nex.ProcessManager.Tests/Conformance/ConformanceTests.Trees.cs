using Nex.Linux;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Pool;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Workloads;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Conformance;

/// <summary>How a workload is ended, and all that came of it.</summary>
public abstract partial class ConformanceTests
{
    [Fact]
    public async Task A_workload_is_asked_first_and_may_end_as_it_likes()
    {
        await using RealManager host = await StartAsync();
        RealWorkload workload = await host.DeployAsync("tree", "polite");
        _ = await workload.NumberAsync("ready");

        AgentExit exit = await host.Manager.StopProcessAsync(workload.Id).Within();

        Assert.Equal(new WorkloadExit(7, null), await workload.Observer.ExitAsync());
        Assert.Equal("terminated", workload.Observer.Texts[^1]);
        Assert.False(exit.Killed);
    }

    [Fact]
    public async Task A_workload_that_ignores_the_request_is_killed_after_its_grace_period()
    {
        await using RealManager host = await StartAsync();
        RealWorkload workload = await host.DeployAsync(
            new DeployRequest { Name = "stubborn", Argv = ["stubborn"], GracePeriod = TimeSpan.FromMilliseconds(300) }, "tree");
        _ = await workload.NumberAsync("ready");
        long begun = TimeProvider.System.GetTimestamp();

        AgentExit exit = await host.Manager.StopProcessAsync(workload.Id).Within();

        Assert.True(TimeProvider.System.GetElapsedTime(begun) >= TimeSpan.FromMilliseconds(300));
        Assert.Equal(new WorkloadExit(null, Signals.Kill), await workload.Observer.ExitAsync());
        Assert.False(exit.Killed);
    }

    [Fact]
    public async Task A_stop_ends_the_whole_tree_of_a_workload_whatever_session_it_is_in()
    {
        await using RealManager host = await StartAsync();
        (RealWorkload workload, IReadOnlyList<LiveProcess> tree) = await DeployTreeAsync(host);

        AgentExit exit = await host.Manager.StopProcessAsync(workload.Id).Within();

        Assert.All(tree, process => Assert.False(process.Identity.IsAlive));
        Assert.False(exit.Killed);
    }

    [Fact]
    public async Task A_workload_that_leaves_children_behind_takes_them_along()
    {
        await using RealManager host = await StartAsync();
        string marker = Guid.NewGuid().ToString("N");

        RealWorkload workload = await host.DeployAsync("tree", "abandon", marker);

        Assert.Equal(3, (await workload.Observer.ExitAsync()).Code);
        Assert.Empty(LiveProcesses.With(marker));
    }

    /// <summary>What still runs would still talk, and its words would come behind the end: the agent is there to pass them on.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_of_a_workload_is_heard_once_its_end_has_been_told(bool undeployed)
    {
        await using RealManager host = await StartAsync();
        RealWorkload workload = await host.DeployAsync("tree", "chatter", undeployed ? "stay" : "leave");
        _ = await workload.NumberAsync("alive");
        if (undeployed)
        {
            await workload.Agent.UndeployAsync(TimeSpan.FromMilliseconds(50)).Within();
        }

        WorkloadExit exit = await workload.Observer.ExitAsync();

        Assert.Equal(undeployed ? new WorkloadExit(null, Signals.Terminate) : new WorkloadExit(3, null), exit);
        // The agent answers once more, behind everything that it had to say.
        await workload.Agent.UndeployAsync(TimeSpan.Zero).Within();
        Assert.Empty(workload.Observer.Faults);
    }

    [Fact]
    public async Task The_workload_of_a_killed_agent_ends_and_the_pool_is_whole_afterwards()
    {
        Assert.SkipWhen(
            Options.Sandbox == Sandbox.None && HostCgroup.Root is null,
            "Without a sandbox and without a cgroup, what a workload put into a session of its own cannot be found.");
        await using RealManager host = await StartAsync();
        (RealWorkload workload, IReadOnlyList<LiveProcess> tree) = await DeployTreeAsync(host);

        await KillAsync(host, workload.Id);

        Assert.True((await workload.Observer.ExitAsync()).AgentLost);
        AgentExit exit = await workload.Agent.Exited.Within();
        Assert.Equal(AgentExitCause.ProcessExited, exit.Cause);
        await LiveProcesses.EndAsync(tree.Select(process => process.Identity));
        _ = await host.Delegate.Started.CountAsync(2);
        Assert.Equal((PoolState.Full, 0), (host.Manager.Status.State, host.Manager.Status.Prepared));
        Assert.Empty(workload.Observer.Faults);
    }

    [Fact]
    public async Task An_agent_that_was_stopped_by_a_signal_is_found_by_its_pings_and_killed()
    {
        await using RealManager host = await RealManager.StartAsync(
            Options with { PingInterval = TimeSpan.FromMilliseconds(100), PingTimeout = TimeSpan.FromSeconds(2) });
        (RealWorkload workload, IReadOnlyList<LiveProcess> tree) = await DeployTreeAsync(host);
        int process = IsMachine ? host.ProcessOf(workload.Id).ProcessId : LiveProcesses.Agent(workload.Id).Id;

        Assert.True(Nex.Linux.Processes.Children.TrySignal(process, Signals.Stop));

        AgentExit exit = await workload.Agent.Exited.Within();
        Assert.Equal((AgentExitCause.Unresponsive, true), (exit.Cause, exit.Killed));
        Assert.True((await workload.Observer.ExitAsync()).AgentLost);
        if (Options.Sandbox != Sandbox.None || HostCgroup.Root is not null)
        {
            Assert.All(tree, process => Assert.False(process.Identity.IsAlive));
        }
    }

    /// <summary>What is around an agent may have been stopped too, and must not keep it from being ended.</summary>
    [Fact]
    public async Task An_agent_ends_though_what_is_around_it_was_stopped_by_a_signal()
    {
        await using RealManager host = await RealManager.StartAsync(Options with { ExitTimeout = TimeSpan.FromMilliseconds(200) });
        string id = host.Delegate.Started.Reached[0];

        Assert.True(Nex.Linux.Processes.Children.TrySignal(host.ProcessOf(id).ProcessId, Signals.Stop));

        AgentExit exit = await host.Manager.StopProcessAsync(id).Within();
        Assert.True(exit.Killed);
    }

    /// <summary>A workload whose child and grandchild have sessions of their own and ignore SIGTERM.</summary>
    /// <returns>The workload, and those of its processes that are processes of the host.</returns>
    private async Task<(RealWorkload Workload, IReadOnlyList<LiveProcess> Tree)> DeployTreeAsync(RealManager host)
    {
        string marker = Guid.NewGuid().ToString("N");
        RealWorkload workload = await host.DeployAsync(
            new DeployRequest { Name = "tree", Argv = ["children", marker], GracePeriod = TimeSpan.FromMilliseconds(100) }, "tree");
        _ = await workload.NumberAsync("ready");
        IReadOnlyList<LiveProcess> tree = LiveProcesses.With(marker);
        Assert.Equal(IsMachine ? 0 : 3, tree.Count);
        return (workload, tree);
    }
}
