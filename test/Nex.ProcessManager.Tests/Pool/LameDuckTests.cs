using Nex.ProcessManager.Pool;
using Nex.Testing.Fakes;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Pool;

public sealed class LameDuckTests
{
    [Fact]
    public Task Lame_duck_ends_warm_agents_starts_none_and_leaves_workloads_running() => RunAsync(
        async test =>
        {
            (FakeAgent agent, ObserverRecorder observer) = await test.StartDeployedAsync();
            _ = await test.Delegate.Started.CountAsync(4);

            await test.Manager.EnterLameDuckAsync().Within();

            PoolStatus status = test.Manager.Status;
            Assert.Equal((PoolState.LameDuck, 0, 0, 1), (status.State, status.Starting, status.Warm, status.Prepared));
            Assert.Equal(3, test.Delegate.Exited.Reached.Count(exit => exit.Cause == AgentExitCause.LameDuck));
            agent.WriteOutput("still here");
            _ = await observer.Lines.AtAsync(0);
            _ = await test.Manager.StopProcessAsync(agent.Id).Within();
            Assert.Equal(4, test.Launcher.Requested.Reached.Count);
        },
        DefaultOptions with { PoolSize = 3 });

    [Fact]
    public Task Lame_duck_refuses_new_workloads_with_a_typed_error() => RunAsync(async test =>
    {
        FakeAgent agent = await test.StartPreparedAsync();
        await test.Manager.EnterLameDuckAsync().Within();

        ProcessManagerException failure = await FailsAsync(
            ProcessManagerError.LameDuck, () => test.Manager.PrepareNextWorkloadAsync(Request()).AsTask());
        _ = await FailsAsync(ProcessManagerError.LameDuck, () => test.Manager.PrepareWorkloadAsync(agent.Id, Request()).AsTask());

        Assert.Contains("choose another node", failure.Message, StringComparison.Ordinal);
        Assert.NotNull(test.Manager.Lookup(agent.Id));
        Assert.Equal(agent.Id, test.Manager.GetAgent(agent.Id).Id);
    });

    [Fact]
    public Task Lame_duck_answers_those_who_wait() => RunAsync(
        async test =>
        {
            _ = await test.StartPreparedAsync();
            Task<string>[] waits = [.. Enumerable.Range(0, 3).Select(_ => test.Manager.PrepareNextWorkloadAsync(Request()).AsTask())];

            await test.Manager.EnterLameDuckAsync().Within();

            foreach (Task<string> wait in waits)
            {
                _ = await FailsAsync(ProcessManagerError.LameDuck, () => wait);
            }
        },
        launcher: new FakeLauncher(number => new FakeAgentPlan { Hello = number == 0 ? FakeHello.Normal : FakeHello.Never }));

    [Fact]
    public Task Lame_duck_may_be_entered_again_and_every_call_waits_for_the_warm_agents_to_end() => RunAsync(
        new FakeAgentPlan { EndsWithLink = false },
        async test =>
        {
            FakeAgent agent = (await test.StartAsync())[0];
            Task first = test.Manager.EnterLameDuckAsync();
            Task second = test.Manager.EnterLameDuckAsync();
            using var cancelling = new CancellationTokenSource();
            Task third = test.Manager.EnterLameDuckAsync(cancelling.Token);
            await cancelling.CancelAsync();
            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third.Within());
            await agent.LinkClosed.Within();
            Assert.False(first.IsCompleted);
            Assert.False(second.IsCompleted);

            agent.Exit();

            await Task.WhenAll(first, second).Within();
            await test.Manager.EnterLameDuckAsync().Within();
            Assert.Equal(AgentExitCause.LameDuck, Assert.Single(test.Delegate.Exited.Reached).Cause);
        });

    [Fact]
    public Task Lame_duck_gives_up_agents_that_start() => RunAsync(
        async test =>
        {
            await test.Manager.StartAsync(test.Delegate).Within();
            _ = await test.Launcher.Launched.CountAsync(3);

            await test.Manager.EnterLameDuckAsync().Within();

            Assert.Equal((0, 0), (test.Manager.Status.Starting, test.Manager.Status.Warm));
            Assert.Equal(0, test.Metrics.Count("nex.agent.start.failures"));
        },
        DefaultOptions with { PoolSize = 3 },
        new FakeLauncher(number => new FakeAgentPlan { Hello = number == 0 ? FakeHello.Normal : FakeHello.Never }));

    [Fact]
    public Task Lame_duck_during_the_start_fails_it_with_a_typed_error() => RunAsync(
        new FakeAgentPlan { Hello = FakeHello.Never },
        async test =>
        {
            Task starting = test.Manager.StartAsync(test.Delegate);
            _ = await test.Launcher.Launched.AtAsync(0);

            await test.Manager.EnterLameDuckAsync().Within();

            _ = await FailsAsync(ProcessManagerError.LameDuck, () => starting);
            Assert.Equal(PoolState.Stopped, test.Manager.Status.State);
        });

    [Fact]
    public Task An_agent_that_ends_in_lame_duck_is_not_replaced() => RunAsync(async test =>
    {
        (FakeAgent agent, ObserverRecorder observer) = await test.StartDeployedAsync();
        await test.Manager.EnterLameDuckAsync().Within();
        int launches = test.Launcher.Requested.Reached.Count;

        agent.Exit(code: 1);

        Assert.True((await observer.ExitAsync()).AgentLost);
        _ = await test.Delegate.Exited.FirstAsync(exit => exit.Id == agent.Id);
        Assert.Equal((launches, 0), (test.Launcher.Requested.Reached.Count, test.Manager.Status.Prepared));
    });

    [Fact]
    public Task A_stop_ends_a_lame_duck() => RunAsync(async test =>
    {
        FakeAgent agent = await test.StartPreparedAsync();
        await test.Manager.EnterLameDuckAsync().Within();

        await test.Manager.StopAsync().Within();

        Assert.Equal(AgentExitCause.ManagerStopped, test.Delegate.Exited.Reached.Single(exit => exit.Id == agent.Id).Cause);
    });
}
