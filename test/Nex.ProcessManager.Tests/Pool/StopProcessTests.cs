using Nex.Linux;
using Nex.ProcessManager.Agents;
using Nex.Protocol.Agents;
using Nex.Testing.Fakes;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Pool;

public sealed class StopProcessTests
{
    [Fact]
    public Task An_unknown_id_cannot_be_stopped() => RunAsync(async test =>
    {
        _ = await FailsAsync(ProcessManagerError.UnknownId, () => test.Manager.StopProcessAsync("unknown"));
        _ = await test.StartAsync();
        _ = await FailsAsync(ProcessManagerError.UnknownId, () => test.Manager.StopProcessAsync("unknown"));
    });

    [Fact]
    public Task A_warm_agent_ends_and_is_replaced_and_counters_balance() => RunAsync(async test =>
    {
        FakeAgent agent = (await test.StartAsync())[0];

        AgentExit exit = await test.Manager.StopProcessAsync(agent.Id).Within();

        Assert.Equal((agent.Id, AgentExitCause.Stopped, 0, false), (exit.Id, exit.Cause, exit.Code, exit.Killed));
        Assert.Equal("It ended when it was asked to.", exit.Detail);
        Assert.Equal(exit, Assert.Single(test.Delegate.Exited.Reached));
        Assert.DoesNotContain(agent.Asked.Reached, call => call.Method == AgentMethods.Undeploy);
        Assert.NotEqual(agent.Id, await test.Delegate.Started.AtAsync(1));
        Assert.Equal(0, test.Metrics.Sum("nex.agents", "prepared"));
        _ = await FailsAsync(ProcessManagerError.UnknownId, () => test.Manager.StopProcessAsync(agent.Id));
    });

    [Fact]
    public Task An_agent_that_starts_is_given_up_and_that_is_no_failure_of_the_host() => RunAsync(
        async test =>
        {
            Task starting = test.Manager.StartAsync(test.Delegate);
            FakeAgent agent = await test.Launcher.Launched.AtAsync(0);

            AgentExit exit = await test.Manager.StopProcessAsync(agent.Id).Within();

            Assert.Equal((AgentExitCause.Stopped, true), (exit.Cause, exit.Killed));
            await starting.Within();
            Assert.Null(test.Manager.Status.Reason);
            Assert.Equal(0, test.Metrics.Count("nex.agent.start.failures"));
            Assert.DoesNotContain(test.Delegate.Started.Reached, id => id == agent.Id);
        },
        launcher: new FakeLauncher(number => new FakeAgentPlan { Hello = number == 0 ? FakeHello.Never : FakeHello.Normal, EndsWithLink = number > 0 }));

    [Fact]
    public Task A_workload_that_only_starts_when_its_agent_is_stopped_is_asked_to_end_as_well() => RunAsync(
        new FakeAgentPlan { Deploy = FakeAnswer.None },
        async test =>
        {
            FakeAgent agent = await test.StartPreparedAsync();
            var observer = new ObserverRecorder();
            Task deploying = test.DeployAsync(agent, observer);
            _ = await agent.Asked.FirstAsync(call => call.Method == AgentMethods.Deploy);
            Task<AgentExit> stopping = test.Manager.StopProcessAsync(agent.Id);
            _ = await AskedAsync<AgentUndeploy>(agent, AgentMethods.Undeploy);

            agent.AnswerDeploy();

            await deploying.Within();
            Assert.Equal((AgentExitCause.Stopped, false), ((await stopping.Within()).Cause, (await stopping).Killed));
            Assert.Equal(Signals.Terminate, (await observer.ExitAsync()).Signal);
        });

    [Fact]
    public Task A_prepared_agent_without_a_workload_ends_without_its_grace_period() => RunAsync(async test =>
    {
        FakeAgent agent = await test.StartPreparedAsync();

        AgentExit exit = await test.Manager.StopProcessAsync(agent.Id).Within();

        Assert.Equal(AgentExitCause.Stopped, exit.Cause);
        Assert.Null(test.Manager.Lookup(agent.Id));
    });

    [Fact]
    public Task A_workload_is_asked_first_and_may_end_by_itself() => RunAsync(async test =>
    {
        (FakeAgent agent, ObserverRecorder observer) = await test.StartDeployedAsync();

        AgentExit exit = await test.Manager.StopProcessAsync(agent.Id).Within();

        Assert.Equal(10_000, (await AskedAsync<AgentUndeploy>(agent, AgentMethods.Undeploy)).GraceMs);
        Assert.False(exit.Killed);
        Assert.Equal((null, Signals.Terminate, false), ((await observer.ExitAsync()).Code, observer.Exits.Reached[0].Signal, observer.Exits.Reached[0].AgentLost));
    });

    [Fact]
    public Task A_workload_that_has_ended_is_not_asked() => RunAsync(async test =>
    {
        (FakeAgent agent, ObserverRecorder observer) = await test.StartDeployedAsync();
        agent.EndWorkload(code: 5);
        Assert.Equal(5, (await observer.ExitAsync()).Code);

        _ = await test.Manager.StopProcessAsync(agent.Id).Within();

        Assert.DoesNotContain(agent.Asked.Reached, call => call.Method == AgentMethods.Undeploy);
        Assert.Empty(observer.Faults);
    });

    [Fact]
    public Task While_an_agent_stops_further_stops_wait_for_the_same_end() => RunAsync(
        async test =>
        {
            (FakeAgent agent, _) = await test.StartDeployedAsync();
            Task<AgentExit> first = test.Manager.StopProcessAsync(agent.Id);
            _ = await AskedAsync<AgentUndeploy>(agent, AgentMethods.Undeploy);

            Task<AgentExit> second = test.Manager.StopProcessAsync(agent.Id);
            using var cancelling = new CancellationTokenSource();
            Task<AgentExit> third = test.Manager.StopProcessAsync(agent.Id, cancelling.Token);
            await cancelling.CancelAsync();
            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third.Within());
            Assert.False(first.IsCompleted || second.IsCompleted);
            Assert.Equal(agent.Id, Assert.Single(test.Manager.ListProcesses()).Id);
            agent.EndWorkload();

            Assert.Same(await first.Within(), await second.Within());
            Assert.Single(agent.Asked.Reached, call => call.Method == AgentMethods.Undeploy);
        },
        launcher: new FakeLauncher(_ => new FakeAgentPlan { Undeploy = FakeAnswer.Idle }));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task An_agent_that_does_not_do_what_it_is_asked_is_killed(bool refuses) => RunAsync(
        async test =>
        {
            (FakeAgent agent, ObserverRecorder observer) = await test.StartDeployedAsync();
            Task<AgentExit> stopping = test.Manager.StopProcessAsync(agent.Id);
            if (!refuses)
            {
                await test.Time.PassAsync(test.Patience);
                await test.Time.PassAsync(test.Options.ExitTimeout);
            }

            AgentExit exit = await stopping.Within();

            Assert.Equal((true, Signals.Kill), (exit.Killed, exit.Signal));
            Assert.StartsWith(refuses ? "It answered an undeploy with an error" : "It did not end when it was asked to, and was killed.", exit.Detail, StringComparison.Ordinal);
            Assert.True((await observer.ExitAsync()).AgentLost);
        },
        launcher: new FakeLauncher(number => number > 0
            ? new FakeAgentPlan()
            : new FakeAgentPlan { Undeploy = refuses ? FakeAnswer.Refused : FakeAnswer.None, EndsWithLink = false }));

    /// <summary>A deploy that fails while its agent stops leaves no workload to wait for.</summary>
    [Fact]
    public Task A_stop_during_a_deploy_that_then_fails_waits_for_no_grace_period() => RunAsync(
        new FakeAgentPlan { Deploy = FakeAnswer.None },
        async test =>
        {
            FakeAgent agent = await test.StartPreparedAsync();
            var observer = new ObserverRecorder();
            Task deploying = test.DeployAsync(agent, observer);
            _ = await agent.Asked.FirstAsync(call => call.Method == AgentMethods.Deploy);
            Task<AgentExit> stopping = test.Manager.StopProcessAsync(agent.Id);
            _ = await AskedAsync<AgentUndeploy>(agent, AgentMethods.Undeploy);

            agent.RefuseDeploy(AgentErrors.StartFailed);

            _ = await Assert.ThrowsAsync<DeployException>(() => deploying.Within());
            Assert.False((await stopping.Within()).Killed);
            Assert.Empty(observer.Exits.Reached);
        });

    [Fact]
    public Task A_workload_that_dies_while_its_agent_is_stopped_is_told_once() => RunAsync(
        async test =>
        {
            (FakeAgent agent, ObserverRecorder observer) = await test.StartDeployedAsync();
            Task<AgentExit> stopping = test.Manager.StopProcessAsync(agent.Id);
            _ = await AskedAsync<AgentUndeploy>(agent, AgentMethods.Undeploy);

            agent.Exit(signal: Signals.Kill);

            Assert.Equal(Signals.Kill, (await stopping.Within()).Signal);
            Assert.True((await observer.ExitAsync()).AgentLost);
            Assert.Empty(observer.Faults);
        },
        launcher: new FakeLauncher(_ => new FakeAgentPlan { Undeploy = FakeAnswer.Idle }));

    [Fact]
    public Task A_cancelled_wait_does_not_stop_the_stop() => RunAsync(
        async test =>
        {
            FakeAgent agent = (await test.StartAsync())[0];

            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => test.Manager.StopProcessAsync(agent.Id, new CancellationToken(canceled: true)).Within());

            await agent.LinkClosed.Within();
            agent.Exit();
            Assert.Equal(AgentExitCause.Stopped, (await test.Delegate.Exited.AtAsync(0)).Cause);
        },
        launcher: new FakeLauncher(number => new FakeAgentPlan { EndsWithLink = number > 0 }));
}
