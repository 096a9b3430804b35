using Nex.Linux;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Pool;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Workloads;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Launchers.Spawning;

public sealed class LifecycleTests
{
    public static TheoryData<Sandbox> Sandboxes => RealManager.Sandboxes;

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task A_workload_is_run_on_a_warm_agent_from_its_deploy_to_its_end(Sandbox sandbox)
    {
        await using RealManager host = await RealManager.StartAsync(sandbox);
        Assert.Equal(PoolState.Full, host.Manager.Status.State);

        RealWorkload workload = await host.DeployAsync("write", "lines", "3", "both");

        Assert.Equal(0, (await workload.Observer.ExitAsync()).Code);
        Assert.Equal(
            [(OutputStream.StandardOutput, "line 0"), (OutputStream.StandardOutput, "line 2"), (OutputStream.StandardError, "line 1")],
            workload.Observer.Lines.Reached.OrderBy(line => line.Stream).Select(line => (line.Stream, line.Text)));
        Assert.Equal(workload.Id, Assert.Single(host.Manager.ListProcesses()).Id);
        AgentExit exit = await host.Manager.StopProcessAsync(workload.Id).Within();
        Assert.Equal((AgentExitCause.Stopped, 0, false), (exit.Cause, exit.Code, exit.Killed));
        Assert.Same(exit, await workload.Agent.Exited.Within());
        Assert.Empty(workload.Observer.Faults);
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task The_output_of_a_workload_arrives_by_line_complete_and_in_order(Sandbox sandbox)
    {
        await using RealManager host = await RealManager.StartAsync(sandbox);

        IReadOnlyList<string> lines = await host.RunAsync("write", "lines", "20000");

        Assert.Equal(Enumerable.Range(0, 20000).Select(number => $"line {number}"), lines);
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task The_end_of_a_workload_is_told_as_it_was(Sandbox sandbox)
    {
        await using RealManager host = await RealManager.StartAsync(sandbox);

        RealWorkload failing = await host.DeployAsync("exit", "3");
        RealWorkload killed = await host.DeployAsync("tree", "signal", $"{Signals.Kill}");

        Assert.Equal(new WorkloadExit(3, null), await failing.Observer.ExitAsync());
        Assert.Equal(new WorkloadExit(null, Signals.Kill), await killed.Observer.ExitAsync());
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task A_workload_is_asked_first_and_may_end_as_it_likes(Sandbox sandbox)
    {
        await using RealManager host = await RealManager.StartAsync(sandbox);
        RealWorkload workload = await host.DeployAsync("tree", "polite");
        _ = await workload.NumberAsync("ready");

        AgentExit exit = await host.Manager.StopProcessAsync(workload.Id).Within();

        Assert.Equal(new WorkloadExit(7, null), await workload.Observer.ExitAsync());
        Assert.Equal("terminated", workload.Observer.Texts[^1]);
        Assert.False(exit.Killed);
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task A_workload_that_ignores_the_request_is_killed_after_its_grace_period(Sandbox sandbox)
    {
        await using RealManager host = await RealManager.StartAsync(sandbox);
        RealWorkload workload = await host.DeployAsync(
            new DeployRequest { Name = "stubborn", Argv = ["stubborn"], GracePeriod = TimeSpan.FromMilliseconds(300) }, "tree");
        _ = await workload.NumberAsync("ready");
        long begun = TimeProvider.System.GetTimestamp();

        AgentExit exit = await host.Manager.StopProcessAsync(workload.Id).Within();

        Assert.True(TimeProvider.System.GetElapsedTime(begun) >= TimeSpan.FromMilliseconds(300));
        Assert.Equal(new WorkloadExit(null, Signals.Kill), await workload.Observer.ExitAsync());
        Assert.False(exit.Killed);
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task A_stop_ends_the_whole_tree_of_a_workload_whatever_session_it_is_in(Sandbox sandbox)
    {
        await using RealManager host = await RealManager.StartAsync(sandbox);
        (RealWorkload workload, IReadOnlyList<LiveProcess> tree) = await DeployTreeAsync(host);

        AgentExit exit = await host.Manager.StopProcessAsync(workload.Id).Within();

        Assert.All(tree, process => Assert.False(process.Identity.IsAlive));
        Assert.False(exit.Killed);
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task A_workload_that_leaves_children_behind_takes_them_along(Sandbox sandbox)
    {
        await using RealManager host = await RealManager.StartAsync(sandbox);

        string marker = Guid.NewGuid().ToString("N");
        RealWorkload workload = await host.DeployAsync("tree", "abandon", marker);

        Assert.Equal(3, (await workload.Observer.ExitAsync()).Code);
        Assert.Empty(LiveProcesses.With(marker));
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task The_workload_of_a_killed_agent_ends_and_the_pool_is_whole_afterwards(Sandbox sandbox)
    {
        Assert.SkipWhen(
            sandbox == Sandbox.None && HostCgroup.Root is null,
            "Without a sandbox and without a cgroup, what a workload put into a session of its own cannot be found.");
        await using RealManager host = await RealManager.StartAsync(sandbox);
        (RealWorkload workload, IReadOnlyList<LiveProcess> tree) = await DeployTreeAsync(host);

        Assert.True(LiveProcesses.Agent(workload.Id).Identity.TryKill());

        Assert.True((await workload.Observer.ExitAsync()).AgentLost);
        AgentExit exit = await workload.Agent.Exited.Within();
        Assert.Equal(AgentExitCause.ProcessExited, exit.Cause);
        Assert.All(tree, process => Assert.False(process.Identity.IsAlive));
        _ = await host.Delegate.Started.CountAsync(2);
        Assert.Equal((PoolState.Full, 0), (host.Manager.Status.State, host.Manager.Status.Prepared));
        Assert.Empty(workload.Observer.Faults);
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task A_warm_agent_that_is_killed_is_never_handed_out_and_is_replaced(Sandbox sandbox)
    {
        await using RealManager host = await RealManager.StartAsync(sandbox);
        string id = host.Delegate.Started.Reached[0];

        Assert.True(LiveProcesses.Agent(id).Identity.TryKill());

        Assert.Equal(id, (await host.Delegate.Exited.AtAsync(0)).Id);
        Assert.NotEqual(id, await host.Manager.PrepareNextWorkloadAsync(new DeployRequest { Name = "next" }).Within());
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task An_agent_that_was_stopped_by_a_signal_is_found_by_its_pings_and_killed(Sandbox sandbox)
    {
        await using RealManager host = await RealManager.StartAsync(
            RealManager.OptionsOf(sandbox) with { PingInterval = TimeSpan.FromMilliseconds(100), PingTimeout = TimeSpan.FromSeconds(2) });
        (RealWorkload workload, IReadOnlyList<LiveProcess> tree) = await DeployTreeAsync(host);

        Assert.True(Nex.Linux.Processes.Children.TrySignal(LiveProcesses.Agent(workload.Id).Id, Signals.Stop));

        AgentExit exit = await workload.Agent.Exited.Within();
        Assert.Equal((AgentExitCause.Unresponsive, true), (exit.Cause, exit.Killed));
        Assert.True((await workload.Observer.ExitAsync()).AgentLost);
        if (sandbox == Sandbox.Namespaces || HostCgroup.Root is not null)
        {
            Assert.All(tree, process => Assert.False(process.Identity.IsAlive));
        }
    }

    /// <summary>What is around an agent may have been stopped too, and must not keep it from being ended.</summary>
    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task An_agent_ends_though_what_is_around_it_was_stopped_by_a_signal(Sandbox sandbox)
    {
        await using RealManager host = await RealManager.StartAsync(
            RealManager.OptionsOf(sandbox) with { ExitTimeout = TimeSpan.FromMilliseconds(200) });
        string id = host.Delegate.Started.Reached[0];
        LiveProcess agent = LiveProcesses.Agent(id);
        LiveProcess outer = sandbox == Sandbox.None ? agent : LiveProcesses.With(id).Single(process => process.Id == agent.Stat.ParentId);

        Assert.True(Nex.Linux.Processes.Children.TrySignal(outer.Id, Signals.Stop));

        AgentExit exit = await host.Manager.StopProcessAsync(id).Within();
        Assert.True(exit.Killed);
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task What_cannot_be_run_is_refused_with_the_reason(Sandbox sandbox)
    {
        await using RealManager host = await RealManager.StartAsync(sandbox);
        string id = await host.Manager.PrepareNextWorkloadAsync(new DeployRequest { Name = "nonsense" }).Within();
        ArtifactFile artifact = Testing.Files.TestPrograms.Artifact("nonsense", "This is no program."u8.ToArray());
        using (artifact.Handle)
        {
            DeployException failure = await Assert.ThrowsAsync<DeployException>(
                () => host.Manager.GetAgent(id).DeployAsync(artifact, new Testing.Recorders.ObserverRecorder()).Within());

            Assert.Equal(DeployFailure.InvalidArtifact, failure.Failure);
            Assert.Contains("'nonsense'", failure.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task A_cancelled_stop_kills_everything_at_once(Sandbox sandbox)
    {
        await using RealManager host = await RealManager.StartAsync(sandbox);
        RealWorkload workload = await host.DeployAsync("tree", "stubborn");
        _ = await workload.NumberAsync("ready");

        await host.Manager.StopAsync(new CancellationToken(canceled: true)).Within();

        host.AssertNothingIsLeft();
        Assert.True((await workload.Observer.ExitAsync()).AgentLost);
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task A_manager_that_has_stopped_holds_no_descriptor(Sandbox sandbox)
    {
        string[] before = [];
        // What is opened once, by the first of all, is no leak.
        for (int round = 0; round < 2; round++)
        {
            before = OpenDescriptors.List();
            await using RealManager host = await RealManager.StartAsync(RealManager.OptionsOf(sandbox) with { PoolSize = 3 });
            RealWorkload workload = await host.DeployAsync("tree", "polite");
            _ = await workload.NumberAsync("ready");
            _ = await host.Manager.StopProcessAsync(workload.Id).Within();
        }

        Assert.Equal(before, OpenDescriptors.List());
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    [Trait("Category", "Many")]
    public async Task Two_hundred_agents_start_and_stop_and_leave_nothing(Sandbox sandbox)
    {
        await using RealManager host = await RealManager.StartAsync(RealManager.OptionsOf(sandbox) with { PoolSize = 200, MaxConcurrentStarts = 8 });

        Assert.Equal(200, host.Manager.Status.Warm);
        await host.Manager.StopAsync().Within();

        host.AssertNothingIsLeft();
    }

    /// <summary>A workload whose child and grandchild have sessions of their own and ignore SIGTERM.</summary>
    private static async Task<(RealWorkload Workload, IReadOnlyList<LiveProcess> Tree)> DeployTreeAsync(RealManager host)
    {
        string marker = Guid.NewGuid().ToString("N");
        RealWorkload workload = await host.DeployAsync(
            new DeployRequest { Name = "tree", Argv = ["children", marker], GracePeriod = TimeSpan.FromMilliseconds(100) }, "tree");
        _ = await workload.NumberAsync("ready");
        IReadOnlyList<LiveProcess> tree = LiveProcesses.With(marker);
        Assert.Equal(3, tree.Count);
        return (workload, tree);
    }
}
