using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Fakes;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Pool;

/// <summary>When a taken agent is replaced. That no time passes is said by a time that stands still unless a test advances it.</summary>
public sealed class ReplacementTests
{
    private static readonly ProcessManagerOptions Options = DefaultOptions with { ReplacementDelay = new ProcessManagerOptions().ReplacementDelay };

    [Fact]
    public Task The_deploy_goes_first_and_then_the_agent_is_replaced_without_time_passing() => RunAsync(
        async test =>
        {
            FakeAgent agent = await StartHeldBackAsync(test);

            await test.DeployAsync(agent, new ObserverRecorder()).Within();

            _ = await test.Delegate.Started.AtAsync(1);
            Assert.Equal((1, 1), (test.Manager.Status.Warm, test.Manager.Status.Prepared));
        },
        Options);

    [Fact]
    public Task So_it_is_behind_a_deploy_that_fails() => RunAsync(
        new FakeAgentPlan { Deploy = FakeAnswer.Refused },
        async test =>
        {
            FakeAgent agent = await StartHeldBackAsync(test);

            _ = await Assert.ThrowsAsync<DeployException>(() => test.DeployAsync(agent, new ObserverRecorder()).Within());

            _ = await test.Delegate.Started.AtAsync(1);
        },
        Options);

    [Fact]
    public Task Where_no_deploy_comes_it_is_replaced_when_the_delay_is_over() => RunAsync(
        async test =>
        {
            _ = await StartHeldBackAsync(test);

            test.Time.Advance(Options.ReplacementDelay);

            _ = await test.Delegate.Started.AtAsync(1);
        },
        Options);

    [Fact]
    public Task An_agent_that_ends_without_a_deploy_is_replaced_without_time_passing() => RunAsync(
        async test =>
        {
            FakeAgent agent = await StartHeldBackAsync(test);

            await test.Manager.StopProcessAsync(agent.Id).Within();

            _ = await test.Delegate.Started.AtAsync(1);
        },
        Options);

    [Fact]
    public Task Where_somebody_waits_for_an_agent_nothing_is_held_back() => RunAsync(
        async test =>
        {
            FakeAgent taken = await StartHeldBackAsync(test);

            string next = await test.Manager.PrepareNextWorkloadAsync(Request()).Within();

            Assert.NotEqual(taken.Id, next);
            _ = await test.Delegate.Started.CountAsync(3);
        },
        Options);

    /// <summary>The agent is taken, and the manager has decided not to replace it yet.</summary>
    private static async Task<FakeAgent> StartHeldBackAsync(PoolTest test)
    {
        FakeAgent agent = await test.StartPreparedAsync();
        await test.Time.TimerSetAsync(Options.ReplacementDelay);
        Assert.Equal((0, 0), (test.Manager.Status.Starting, test.Manager.Status.Warm));
        return agent;
    }
}
