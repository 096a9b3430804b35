using Microsoft.Win32.SafeHandles;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Pool;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Workloads;
using Nex.Testing.Files;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Conformance;

/// <summary>The pool: who gets which agent, and what is left of them.</summary>
public abstract partial class ConformanceTests
{
    [Fact]
    public async Task Prepare_binds_exactly_the_agent_that_is_named()
    {
        await using RealManager host = await RealManager.StartAsync(Options with { PoolSize = 2 });
        string other = host.Delegate.Started.Reached[0], named = host.Delegate.Started.Reached[1];
        var request = new DeployRequest { Name = "named" };

        await host.Manager.PrepareWorkloadAsync(named, request).Within();

        Assert.Equal((request, null), (host.Manager.Lookup(named), host.Manager.Lookup(other)));
        Assert.Equal(named, Assert.Single(host.Manager.ListProcesses()).Id);
        _ = await PoolTest.FailsAsync(ProcessManagerError.NotWarm, () => host.Manager.PrepareWorkloadAsync(named, request).AsTask());
        _ = await PoolTest.FailsAsync(ProcessManagerError.UnknownId, () => host.Manager.PrepareWorkloadAsync("nobody", request).AsTask());
        Assert.Equal(other, await host.Manager.PrepareNextWorkloadAsync(Any).Within());
    }

    [Fact]
    public async Task A_taken_agent_is_replaced_though_nobody_asks_for_another()
    {
        await using RealManager host = await StartAsync();

        _ = await host.Manager.PrepareNextWorkloadAsync(Any).Within();

        _ = await host.Delegate.Started.CountAsync(2);
        Assert.Equal((PoolState.Full, 1, 1), (host.Manager.Status.State, host.Manager.Status.Warm, host.Manager.Status.Prepared));
    }

    [Fact]
    public async Task Callers_wait_in_line_each_with_its_own_patience_and_no_agent_is_lost()
    {
        var open = new TaskCompletionSource();
        await using RealManager host = await StartHookedAsync(Options, async (_, step) =>
        {
            await (step is { Number: > 1, Name: HookedLauncher.Launching } ? open.Task : Task.CompletedTask);
            return true;
        });
        _ = await host.Manager.PrepareNextWorkloadAsync(Any).Within();
        using var impatience = new CancellationTokenSource();
        Task<string> impatient = host.Manager.PrepareNextWorkloadAsync(Any, impatience.Token).AsTask();
        Task<string> second = host.Manager.PrepareNextWorkloadAsync(Any).AsTask();
        Task<string> third = host.Manager.PrepareNextWorkloadAsync(Any).AsTask();

        await impatience.CancelAsync();
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient.Within());
        Assert.False(second.IsCompleted);
        open.SetResult();

        _ = await host.Delegate.Started.CountAsync(4);
        Assert.Equal([await second.Within(), await third.Within()], host.Delegate.Started.Reached.Skip(1).Take(2));
        Assert.Equal((3, 0), (host.Manager.Status.Prepared, host.Manager.Status.Waiting));
    }

    [Fact]
    public async Task Many_callers_at_the_same_time_get_an_agent_each_and_run_on_it()
    {
        const int callers = 4;
        await using RealManager host = await RealManager.StartAsync(Options with { PoolSize = 2 });

        RealWorkload[] workloads = await Task.WhenAll(Enumerable.Range(0, callers).Select(number => Task.Run(async () =>
        {
            RealWorkload workload = await host.DeployAsync("exit", $"{number}");
            _ = (host.Manager.Status, host.Manager.ListProcesses(), host.Manager.Lookup(workload.Id));
            Assert.Equal(number, (await workload.Observer.ExitAsync()).Code);
            _ = await host.Manager.StopProcessAsync(workload.Id).Within();
            return workload;
        })));

        Assert.Distinct(workloads.Select(workload => workload.Id));
        Assert.Empty(host.Manager.ListProcesses());
    }

    [Fact]
    public async Task A_stop_while_agents_start_leaves_none_and_none_starts_behind_it()
    {
        var underWay = new TaskCompletionSource();
        var after = new List<AgentStep>();
        bool stopped = false;
        await using RealManager host = CreateHooked(Options with { PoolSize = 4, MaxConcurrentStarts = 2 }, (_, step) =>
        {
            if (step.Number == 3)
            {
                underWay.TrySetResult();
            }

            lock (after)
            {
                after.AddRange(stopped ? [step] : []);
            }

            return Task.FromResult(true);
        });
        Task starting = host.Manager.StartAsync(host.Delegate);
        await underWay.Task.Within();

        await host.Manager.StopAsync(new CancellationToken(canceled: true)).Within();
        lock (after)
        {
            stopped = true;
        }

        _ = await Record.ExceptionAsync(() => starting.Within());
        host.AssertNothingIsLeft();
        AssertNoProcessIsLeft();
        Assert.Empty(after);
        _ = await PoolTest.FailsAsync(ProcessManagerError.Stopping, () => host.Manager.PrepareNextWorkloadAsync(Any).AsTask());
    }

    [Fact]
    public async Task A_start_that_is_cancelled_leaves_nothing()
    {
        using var cancelling = new CancellationTokenSource();
        await using RealManager host = CreateHooked(Options, async (_, step) =>
        {
            if (step.Name == HookedLauncher.Launched)
            {
                await cancelling.CancelAsync();
            }

            return true;
        });

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.Manager.StartAsync(host.Delegate, cancelling.Token).Within());

        host.AssertNothingIsLeft();
        AssertNoProcessIsLeft();
    }

    [Fact]
    public async Task A_cancelled_stop_kills_everything_at_once()
    {
        await using RealManager host = await StartAsync();
        RealWorkload workload = await host.DeployAsync("tree", "stubborn");
        _ = await workload.NumberAsync("ready");

        await host.Manager.StopAsync(new CancellationToken(canceled: true)).Within();

        host.AssertNothingIsLeft();
        Assert.True((await workload.Observer.ExitAsync()).AgentLost);
    }

    [Fact]
    public async Task In_lame_duck_nothing_new_runs_and_what_runs_goes_on()
    {
        await using RealManager host = await StartAsync();
        RealWorkload workload = await host.DeployAsync("tree", "polite");
        _ = await workload.NumberAsync("ready");

        await host.Manager.EnterLameDuckAsync().Within();
        await host.Manager.EnterLameDuckAsync().Within();

        _ = await PoolTest.FailsAsync(ProcessManagerError.LameDuck, () => host.Manager.PrepareNextWorkloadAsync(Any).AsTask());
        Assert.Equal((PoolState.LameDuck, 0, 0, 1), (host.Manager.Status.State, host.Manager.Status.Warm, host.Manager.Status.Starting, host.Manager.Status.Prepared));
        Assert.Empty(workload.Observer.Exits.Reached);
        _ = await host.Manager.StopProcessAsync(workload.Id).Within();
        Assert.Equal("terminated", workload.Observer.Texts[^1]);
    }

    [Fact]
    public async Task Metrics_balance_to_zero_after_a_stop_however_agents_ended()
    {
        using var metrics = new MetricsRecorder(Options.Sandbox.ToString().ToLowerInvariant());
        await using (RealManager host = await RealManager.StartAsync(Options with { PoolSize = 2 }))
        {
            _ = await host.Manager.StopProcessAsync(host.Delegate.Started.Reached[0]).Within();
            string killed = host.Delegate.Started.Reached[1];
            await KillAsync(host, killed);
            _ = await host.Delegate.Exited.FirstAsync(exit => exit.Id == killed);
            _ = await host.DeployAsync("tree", "polite");
        }

        Assert.True(metrics.Count("nex.agents") > 0);
        Assert.Empty(metrics.FindUnbalanced());
    }

    [Fact]
    public async Task A_manager_that_has_stopped_holds_no_descriptor()
    {
        string[] before = [];
        // What is opened once, by the first of all, is no leak.
        for (int round = 0; round < 2; round++)
        {
            before = OpenDescriptors.List();
            await using RealManager host = await RealManager.StartAsync(Options with { PoolSize = 2 });
            RealWorkload workload = await host.DeployAsync("tree", "polite");
            _ = await workload.NumberAsync("ready");
            _ = await host.Manager.StopProcessAsync(workload.Id).Within();
        }

        Assert.Empty(OpenDescriptors.Since(before));
    }

    [Fact]
    public async Task Every_call_is_safe_in_every_state_of_an_agent()
    {
        await using RealManager host = await StartAsync();
        Assert.Equal(ProcessManagerError.UnknownId, Assert.Throws<ProcessManagerException>(() => host.Manager.GetAgent("nobody")).Error);
        _ = await PoolTest.FailsAsync(ProcessManagerError.UnknownId, () => host.Manager.StopProcessAsync("nobody"));
        Assert.Equal(ProcessManagerError.NotPrepared, Assert.Throws<ProcessManagerException>(() => host.Manager.GetAgent(host.Delegate.Started.Reached[0])).Error);
        IAgent agent = host.Manager.GetAgent(await host.Manager.PrepareNextWorkloadAsync(Any).Within());
        await agent.UndeployAsync(TimeSpan.Zero).Within();
        var observer = new ObserverRecorder();
        ArtifactFile artifact = TestPrograms.Artifact("tree");
        using SafeFileHandle open = artifact.Handle;

        await agent.DeployAsync(artifact, observer).Within();
        DeployException again = await Assert.ThrowsAsync<DeployException>(() => agent.DeployAsync(artifact, observer).Within());
        _ = await observer.ExitAsync();
        await agent.UndeployAsync(TimeSpan.Zero).Within();
        AgentExit[] ends = await Task.WhenAll(host.Manager.StopProcessAsync(agent.Id), host.Manager.StopProcessAsync(agent.Id)).Within();
        await agent.UndeployAsync(TimeSpan.Zero).Within();

        Assert.Equal(DeployFailure.AlreadyDeployed, again.Failure);
        Assert.Same(ends[0], ends[1]);
        Assert.Single(observer.Exits.Reached);
        Assert.Empty(observer.Faults);
    }
}
