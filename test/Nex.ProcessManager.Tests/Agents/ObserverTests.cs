using Microsoft.Extensions.Logging;
using Nex.ProcessManager.Agents;
using Nex.Testing.Fakes;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Agents;

public sealed class ObserverTests
{
    [Fact]
    public Task Output_and_end_come_in_order_and_nothing_comes_behind_the_end() => RunAsync(async test =>
    {
        (FakeAgent agent, ObserverRecorder observer) = await test.StartDeployedAsync();
        agent.WriteOutput("first", "second");
        agent.WriteOutput("third");
        agent.EndWorkload(code: 4);
        agent.WriteOutput("too late");
        agent.EndWorkload(code: 5);

        Assert.Equal(new WorkloadExit(4, null), await observer.ExitAsync());
        _ = await test.Manager.StopProcessAsync(agent.Id).Within();

        Assert.Equal(["first", "second", "third"], observer.Texts);
        Assert.Equal(4, Assert.Single(observer.Exits.Reached).Code);
        Assert.Empty(observer.Faults);
    });

    [Fact]
    public Task A_workload_may_end_before_its_deploy_has_returned() => RunAsync(
        new FakeAgentPlan { Deploy = FakeAnswer.None },
        async test =>
        {
            FakeAgent agent = await test.StartPreparedAsync();
            var observer = new ObserverRecorder();
            Task deploying = test.DeployAsync(agent, observer);
            _ = await agent.Asked.FirstAsync(call => call.Method == "deploy");
            agent.EndWorkload(code: 0);
            _ = await observer.ExitAsync();
            Assert.False(deploying.IsCompleted);

            agent.AnswerDeploy();

            await deploying.Within();
            _ = await test.Manager.StopProcessAsync(agent.Id).Within();
            Assert.Single(observer.Exits.Reached);
        });

    [Fact]
    public Task An_observer_that_throws_is_logged_and_harms_nothing() => RunAsync(async test =>
    {
        FakeAgent agent = await test.StartPreparedAsync();
        var observer = new ObserverRecorder { OnCall = () => throw new InvalidOperationException("from the observer") };
        await test.DeployAsync(agent, observer).Within();

        agent.WriteOutput("one", "two");
        agent.EndWorkload();

        _ = await observer.ExitAsync();
        _ = await test.Manager.StopProcessAsync(agent.Id).Within();
        Assert.Equal(["one", "two"], observer.Texts);
        Assert.Equal(3, test.Log.Lines.Reached.Count(line => line.Level == LogLevel.Error && line.Failure?.Message == "from the observer"));
    });

    [Fact]
    public Task An_observer_that_takes_long_holds_up_its_own_workload_only() => RunAsync(async test =>
    {
        FakeAgent slow = await test.StartPreparedAsync();
        using var gate = new ManualResetEventSlim();
        var slowObserver = new ObserverRecorder { OnCall = () => Assert.True(gate.Wait(Deadline.Length)) };
        await test.DeployAsync(slow, slowObserver).Within();
        slow.WriteOutput("one", "two");
        _ = await slowObserver.Lines.AtAsync(0);

        FakeAgent quick = test.Launcher.Find(await test.Manager.PrepareNextWorkloadAsync(Request()).Within());
        var quickObserver = new ObserverRecorder();
        await test.DeployAsync(quick, quickObserver).Within();
        quick.WriteOutput("three");

        Assert.Equal("three", (await quickObserver.Lines.AtAsync(0)).Text);
        gate.Set();
        Assert.Equal("two", (await slowObserver.Lines.AtAsync(1)).Text);
        Assert.Empty(slowObserver.Faults);
    });

    [Theory]
    [InlineData(0, null, false, true, "exit code 0")]
    [InlineData(3, null, false, false, "exit code 3")]
    [InlineData(null, 9, false, false, "SIGKILL")]
    [InlineData(null, null, true, false, "its agent was lost")]
    public void An_end_can_be_told_to_a_person(int? code, int? signal, bool lost, bool success, string text)
    {
        var exit = new WorkloadExit(code, signal, lost);

        Assert.Equal((success, text), (exit.IsSuccess, exit.ToString()));
    }
}
