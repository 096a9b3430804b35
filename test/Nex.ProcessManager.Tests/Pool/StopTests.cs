using Nex.Linux;
using Nex.ProcessManager.Pool;
using Nex.Protocol.Agents;
using Nex.Testing.Fakes;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Pool;

public sealed class StopTests
{
    private static readonly FakeAgentPlan Stubborn = new() { Undeploy = FakeAnswer.Idle, EndsWithLink = false };

    [Fact]
    public Task A_manager_that_was_never_started_stops() => RunAsync(async test =>
    {
        await test.Manager.StopAsync().Within();

        Assert.True(test.Launcher.IsDisposed);
    });

    [Fact]
    public Task A_stop_asks_each_workload_first_and_gives_it_its_time() => RunAsync(async test =>
    {
        (FakeAgent agent, ObserverRecorder observer) = await test.StartDeployedAsync(Request() with { GracePeriod = TimeSpan.FromSeconds(7) });

        await test.Manager.StopAsync().Within();

        Assert.Equal(7000, (await AskedAsync<AgentUndeploy>(agent, AgentMethods.Undeploy)).GraceMs);
        Assert.Equal(Signals.Terminate, (await observer.ExitAsync()).Signal);
        Assert.Equal(0, agent.Kills);
        AgentExit exit = test.Delegate.Exited.Reached.Single(exit => exit.Id == agent.Id);
        Assert.Equal((AgentExitCause.ManagerStopped, 0, false), (exit.Cause, exit.Code, exit.Killed));
        Assert.Empty(observer.Faults);
    });

    [Fact]
    public Task A_workload_that_does_not_end_is_killed_after_its_grace_period() => RunAsync(
        Stubborn,
        async test =>
        {
            (FakeAgent agent, ObserverRecorder observer) = await test.StartDeployedAsync();
            _ = await test.Delegate.Started.CountAsync(2);
            Task stopping = test.Manager.StopAsync();
            await test.Time.TimerSetAsync(test.Patience);
            test.Time.Advance(test.Patience - TimeSpan.FromTicks(1));
            Assert.False(agent.LinkClosed.IsCompleted);

            test.Time.Advance(TimeSpan.FromTicks(1));
            await agent.LinkClosed.Within();
            Assert.Equal(0, agent.Kills);
            await test.Time.PassAsync(test.Options.ExitTimeout, time: 2);

            await stopping.Within();
            Assert.Equal(1, agent.Kills);
            Assert.True((await observer.ExitAsync()).AgentLost);
            Assert.True(test.Delegate.Exited.Reached.Single(exit => exit.Id == agent.Id).Killed);
        });

    [Fact]
    public Task A_cancelled_stop_kills_at_once() => RunAsync(
        Stubborn,
        async test =>
        {
            (FakeAgent agent, _) = await test.StartDeployedAsync();
            using var cancelling = new CancellationTokenSource();
            Task stopping = test.Manager.StopAsync(cancelling.Token);
            _ = await AskedAsync<AgentUndeploy>(agent, AgentMethods.Undeploy);
            Assert.False(stopping.IsCompleted);

            await cancelling.CancelAsync();

            await stopping.Within();
            Assert.Equal(1, agent.Kills);
        });

    [Fact]
    public Task A_later_stop_can_be_cancelled_for_all() => RunAsync(
        Stubborn,
        async test =>
        {
            (FakeAgent agent, _) = await test.StartDeployedAsync();
            Task patient = test.Manager.StopAsync();
            _ = await AskedAsync<AgentUndeploy>(agent, AgentMethods.Undeploy);

            await test.Manager.StopAsync(new CancellationToken(canceled: true)).Within();

            Assert.True(patient.IsCompleted);
        });

    [Fact]
    public Task A_stop_kills_what_is_left_after_its_time() => RunAsync(
        Stubborn,
        async test =>
        {
            (FakeAgent agent, _) = await test.StartDeployedAsync(Request() with { GracePeriod = TimeSpan.FromMinutes(50) });
            Task stopping = test.Manager.StopAsync();
            _ = await AskedAsync<AgentUndeploy>(agent, AgentMethods.Undeploy);

            await test.Time.PassAsync(test.Options.StopTimeout);

            await stopping.Within();
            Assert.Equal(1, agent.Kills);
        },
        DefaultOptions with { StopTimeout = TimeSpan.FromMinutes(30) });

    /// <summary>A process that the kernel does not let go of is waited for, and signalled again from time to time.</summary>
    [Fact]
    public Task A_stop_does_not_spin_while_a_killed_process_has_not_ended() => RunAsync(
        Stubborn with { EndsWhenKilled = false },
        async test =>
        {
            FakeAgent agent = (await test.StartAsync())[0];
            Task stopping = test.Manager.StopAsync();
            await test.Time.PassAsync(test.Options.ExitTimeout);
            await test.Time.TimerSetAsync(test.Options.ExitTimeout, time: 2);
            Assert.Equal(1, agent.Kills);

            test.Time.Advance(test.Options.ExitTimeout);
            await test.Time.TimerSetAsync(test.Options.ExitTimeout, time: 3);
            Assert.Equal(2, agent.Kills);

            agent.Exit(signal: Signals.Kill);
            await stopping.Within();
            Assert.Equal((Signals.Kill, true), (test.Delegate.Exited.Reached[0].Signal, test.Delegate.Exited.Reached[0].Killed));
        });

    [Fact]
    public Task A_killed_process_that_has_not_ended_holds_up_no_stop_that_has_no_time_left() => RunAsync(
        Stubborn with { EndsWhenKilled = false },
        async test =>
        {
            FakeAgent agent = (await test.StartAsync())[0];
            using var cancelling = new CancellationTokenSource();
            Task stopping = test.Manager.StopAsync(cancelling.Token);
            await test.Time.TimerSetAsync(test.Options.ExitTimeout);
            await cancelling.CancelAsync();
            // The one is for the kill, the other for the stop.
            await test.Time.PassAsync(test.Options.ExitTimeout, time: 3);

            await stopping.Within();
            AgentExit exit = Assert.Single(test.Delegate.Exited.Reached);
            Assert.Equal((AgentExitCause.ManagerStopped, null, null, true), (exit.Cause, exit.Code, exit.Signal, exit.Killed));
            Assert.EndsWith("Its process has not ended: the host holds it.", exit.Detail, StringComparison.Ordinal);
            Assert.False(test.Launcher.IsDisposed);
            agent.Exit(signal: Signals.Kill);
            await test.Launcher.Closed.Within();
        });

    [Fact]
    public Task A_kill_that_fails_is_tried_again() => RunAsync(
        async test =>
        {
            FakeAgent agent = (await test.StartAsync())[0];
            Task stopping = test.Manager.StopProcessAsync(agent.Id);
            await test.Time.PassAsync(test.Options.ExitTimeout);

            await test.Time.PassAsync(test.Options.ExitTimeout, time: 2);

            await stopping.Within();
            Assert.Equal(2, agent.Kills);
            Assert.Contains(test.Log.Lines.Reached, line => line.Text.EndsWith("could not be killed: it is tried again", StringComparison.Ordinal));
        },
        launcher: new FakeLauncher(number => number == 0 ? Stubborn with { OnKilling = kill => Assert.NotEqual(1, kill) } : new FakeAgentPlan()));

    [Fact]
    public Task What_of_an_agent_cannot_be_removed_within_a_minute_is_told_beside_its_end() => RunAsync(
        async test =>
        {
            (FakeAgent agent, _) = await test.StartDeployedAsync();
            agent.Exit(code: 3);
            await test.Time.TimerSetAsync(TimeSpan.FromSeconds(1));
            test.Time.Advance(TimeSpan.FromMinutes(1));

            AgentExit exit = await test.Delegate.Exited.AtAsync(0);

            Assert.Equal((AgentExitCause.ProcessExited, 3, false), (exit.Cause, exit.Code, exit.Killed));
            Assert.Equal("Its process ended with exit code 3. Something of it could not be removed: Directory not empty.", exit.Detail);
            Assert.Contains(test.Log.Lines.Reached, line => line.Failure?.Message == "Directory not empty.");
        },
        launcher: new FakeLauncher(number => number == 0 ? new FakeAgentPlan { Remove = () => throw new IOException("Directory not empty.") } : new FakeAgentPlan()));

    [Fact]
    public Task A_manager_whose_directory_cannot_be_removed_is_stopped_all_the_same_and_says_so() => RunAsync(
        async test =>
        {
            _ = await test.StartAsync();

            Exception? failure = await Record.ExceptionAsync(() => test.Manager.StopAsync().Within());

            Assert.Same(test.Launcher.CloseFailure, failure);
            Assert.Equal(PoolState.Stopped, test.Manager.Status.State);
            Assert.Contains(test.Log.Lines.Reached, line => line.Failure == failure);
        },
        launcher: new FakeLauncher { CloseFailure = new IOException("Directory not empty.") });

    [Fact]
    public Task Stops_at_the_same_time_and_afterwards_end_together() => RunAsync(
        async test =>
        {
            _ = await test.StartAsync();

            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => test.Manager.StopAsync()))).Within();
            await test.Manager.StopAsync().Within();
            await test.Manager.DisposeAsync().Within();

            Assert.Equal(4, test.Delegate.Exited.Reached.Count);
        },
        DefaultOptions with { PoolSize = 4 });

    [Fact]
    public Task After_a_stop_nothing_is_started_any_more() => RunAsync(async test =>
    {
        FakeAgent agent = (await test.StartAsync())[0];
        await test.Manager.StopAsync().Within();
        int launches = test.Launcher.Requested.Reached.Count;

        test.Time.Advance(TimeSpan.FromHours(1));
        _ = await FailsAsync(ProcessManagerError.UnknownId, () => test.Manager.StopProcessAsync(agent.Id));
        await test.Manager.EnterLameDuckAsync().Within();

        Assert.Equal(launches, test.Launcher.Requested.Reached.Count);
        Assert.Equal(PoolState.Stopped, test.Manager.Status.State);
    });

    [Fact]
    public async Task A_stop_while_agents_start_leaves_none()
    {
        for (int round = 0; round < 100; round++)
        {
            await RunAsync(
                async test =>
                {
                    Task starting = test.Manager.StartAsync(test.Delegate);
                    _ = await test.Launcher.Requested.CountAsync(1 + (round % 5));

                    await test.Manager.StopAsync().Within();

                    _ = await Record.ExceptionAsync(() => starting.Within());
                    Assert.Equal(test.Launcher.Requested.Reached.Count, test.Launcher.Launched.Reached.Count);
                },
                DefaultOptions with { PoolSize = 5, MaxConcurrentStarts = 2 });
        }
    }

    [Fact]
    public async Task A_stop_waits_for_a_launch_that_has_begun()
    {
        var gate = new TaskCompletionSource();
        await RunAsync(
            new FakeAgentPlan { LaunchGate = gate.Task, LaunchHeedsCancellation = false },
            async test =>
            {
                Task starting = test.Manager.StartAsync(test.Delegate);
                _ = await test.Launcher.Requested.AtAsync(0);
                Task stopping = test.Manager.StopAsync();
                await test.Time.TimerSetAsync(test.Options.ExitTimeout);
                Assert.False(starting.IsCompleted || stopping.IsCompleted);

                gate.SetResult();

                await stopping.Within();
                _ = await FailsAsync(ProcessManagerError.Stopping, () => starting);
                Assert.Single(test.Launcher.Launched.Reached);
            });
    }

    [Fact]
    public Task A_stop_gives_up_a_launch_that_has_begun() => RunAsync(
        new FakeAgentPlan { LaunchGate = new TaskCompletionSource().Task },
        async test =>
        {
            Task starting = test.Manager.StartAsync(test.Delegate);
            _ = await test.Launcher.Requested.AtAsync(0);

            await test.Manager.StopAsync().Within();

            _ = await FailsAsync(ProcessManagerError.Stopping, () => starting);
            Assert.Empty(test.Launcher.Launched.Reached);
        });

    /// <summary>Who stops a manager may dispose of what its delegate needs.</summary>
    [Fact]
    public async Task No_delegate_is_called_after_a_stop_has_returned()
    {
        using var told = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        await RunAsync(async test =>
        {
            FakeAgent agent = (await test.StartAsync())[0];
            test.Delegate.OnExited = (id, _) =>
            {
                if (id == agent.Id)
                {
                    told.Set();
                    Assert.True(gate.Wait(Deadline.Length));
                }
            };
            agent.Exit();
            Assert.True(await Task.Run(() => told.Wait(Deadline.Length)));
            _ = await test.Delegate.Started.AtAsync(1);

            Task stopping = test.Manager.StopAsync();
            _ = await test.Delegate.Exited.FirstAsync(exit => exit.Id != agent.Id);
            Assert.False(stopping.IsCompleted);
            gate.Set();

            await stopping.Within();
            Assert.Contains(test.Delegate.Exited.Reached, exit => exit.Id == agent.Id);
        });
    }

    /// <summary>An agent that never pauses must not keep the node from anything, not even from its own end.</summary>
    [Fact]
    public Task An_agent_that_floods_its_link_is_stopped_all_the_same() => RunAsync(
        new FakeAgentPlan { Floods = true },
        async test =>
        {
            FakeAgent agent = (await test.StartAsync())[0];

            _ = await test.Manager.StopProcessAsync(agent.Id).Within();
            await test.Manager.StopAsync().Within();

            Assert.Empty(test.Delegate.Faults);
        });
}
