using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Pool;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Fakes;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Pool;

/// <summary>A host that does not answer, as where a disk is gone, holds up nothing but what is asked of it.</summary>
public sealed class HangingHostTests : IDisposable
{
    private readonly TaskCompletionSource _gate = new();
    private readonly ManualResetEventSlim _thread = new();
    private readonly Milestones<string> _hanging = new();

    private static ProcessManagerOptions OneFailure => DefaultOptions with { StartFailureLimit = 1 };

    /// <summary>A launch that neither ends nor hears that it is given up; where it blocks, it does not even give its thread back.</summary>
    private FakeAgentPlan Hanging(bool blocks) => blocks
        ? new FakeAgentPlan { OnLaunching = () => Assert.True(_thread.Wait(Deadline.Length)), EndsWithLink = false }
        : new FakeAgentPlan { LaunchGate = _gate.Task, LaunchHeedsCancellation = false, EndsWithLink = false };

    public void Dispose() => _thread.Dispose();

    [Fact]
    public Task A_launch_that_takes_too_long_is_given_up() => RunAsync(
        new FakeAgentPlan { LaunchGate = _gate.Task },
        async test =>
        {
            Task starting = test.Manager.StartAsync(test.Delegate);
            await test.Time.PassAsync(test.Options.StartTimeout);

            ProcessManagerException failure = await FailsAsync(ProcessManagerError.StartFailed, () => starting);

            Assert.EndsWith("was not launched within 14400 s.", failure.Message, StringComparison.Ordinal);
            Assert.Equal(1, test.Metrics.Sum("nex.agent.start.failures", nameof(AgentStartFailure.StartTimeout)));
            Assert.Empty(test.Launcher.Launched.Reached);
        },
        OneFailure);

    [Fact]
    public Task A_launch_is_given_up_when_its_agent_is_stopped() => RunAsync(
        async test =>
        {
            Task starting = test.Manager.StartAsync(test.Delegate);
            string id = await test.Launcher.Requested.AtAsync(0);

            AgentExit exit = await test.Manager.StopProcessAsync(id).Within();

            Assert.Equal((AgentExitCause.Stopped, null, null), (exit.Cause, exit.Code, exit.Signal));
            await starting.Within();
            Assert.Equal(0, test.Metrics.Count("nex.agent.start.failures"));
            Assert.DoesNotContain(test.Launcher.Launched.Reached, agent => agent.Id == id);
        },
        launcher: new FakeLauncher(number => number == 0 ? new FakeAgentPlan { LaunchGate = _gate.Task } : new FakeAgentPlan()));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_launch_that_hangs_holds_up_no_stop_and_what_comes_of_it_late_is_cleaned_up(bool blocks) => RunAsync(
        Hanging(blocks),
        async test =>
        {
            Task starting = test.Manager.StartAsync(test.Delegate);
            _ = await test.Launcher.Requested.AtAsync(0);

            await StopHangingAsync(test);

            _ = await FailsAsync(ProcessManagerError.Stopping, () => starting);
            Assert.Equal(PoolState.Stopped, test.Manager.Status.State);
            Assert.False(test.Launcher.IsDisposed);
            LetGo();
            await test.Launcher.Closed.Within();
            FakeAgent agent = Assert.Single(test.Launcher.Launched.Reached);
            Assert.Equal((1, true), (agent.Kills, agent.IsDisposed));
        });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task An_agent_can_be_stopped_though_its_launch_hangs(bool blocks) => RunAsync(
        async test =>
        {
            Task starting = test.Manager.StartAsync(test.Delegate);
            string id = await test.Launcher.Requested.AtAsync(0);
            Task<AgentExit> stopping = test.Manager.StopProcessAsync(id);
            await test.Time.PassAsync(test.Options.ExitTimeout);

            Assert.Equal(AgentExitCause.Stopped, (await stopping.Within()).Cause);

            await starting.Within();
            LetGo();
            await (await test.Launcher.Launched.FirstAsync(agent => agent.Id == id)).LinkClosed.Within();
        },
        launcher: new FakeLauncher(number => number == 0 ? Hanging(blocks) : new FakeAgentPlan()));

    [Fact]
    public Task A_launch_that_fails_after_it_was_left_behind_is_told_in_the_log() => RunAsync(
        Hanging(blocks: false) with { LaunchFailure = new IOException("Too late.") },
        async test =>
        {
            _ = test.Manager.StartAsync(test.Delegate).ContinueWith(static start => start.Exception, TaskScheduler.Default);
            _ = await test.Launcher.Requested.AtAsync(0);
            await StopHangingAsync(test);

            LetGo();

            await test.Launcher.Closed.Within();
            Assert.Contains(test.Log.Lines.Reached, line => line.Failure?.Message == "Too late.");
        });

    /// <summary>Each would hold a thread, for ever.</summary>
    [Fact]
    public Task A_host_that_hangs_is_not_asked_again_and_again() => RunAsync(
        async test =>
        {
            FakeAgent agent = (await test.StartAsync())[0];
            test.Time.LetRetriesPass();
            test.Launcher.Plan = _ => Hanging(blocks: false);
            agent.Exit();
            _ = await test.Delegate.Exited.AtAsync(0);
            int before = ExitTimersSet(test);
            for (int hanging = 1; hanging <= 2; hanging++)
            {
                await test.Time.PassAsync(test.Options.StartTimeout, time: 1 + hanging);
                await test.Time.PassAsync(test.Options.ExitTimeout, time: before + hanging);
                await test.Metrics.UntilAsync("nex.agent.exits", nameof(AgentExitCause.StartFailed), hanging);
            }

            PoolStatus status = test.Manager.Status;
            Assert.Equal((PoolState.Failing, 0), (status.State, status.Starting));
            Assert.EndsWith("was not launched within 14400 s.", status.Reason, StringComparison.Ordinal);
            test.Time.Advance(test.Options.MaxStartBackoff);
            Assert.Equal(3, (await test.Launcher.Requested.CountAsync(3)).Count);

            test.Launcher.Plan = _ => new FakeAgentPlan();
            LetGo();
            _ = await test.Delegate.Started.CountAsync(2);
            await StopAsync(test);
        },
        DefaultOptions with { MaxConcurrentStarts = 2 });

    [Fact]
    public Task A_start_fails_once_no_agent_can_be_started_because_the_host_hangs() => RunAsync(
        Hanging(blocks: false),
        async test =>
        {
            Task starting = test.Manager.StartAsync(test.Delegate);
            await test.Time.PassAsync(test.Options.StartTimeout);
            await test.Time.PassAsync(test.Options.ExitTimeout);

            ProcessManagerException failure = await FailsAsync(ProcessManagerError.StartFailed, () => starting);

            Assert.EndsWith("was not launched within 14400 s.", failure.Message, StringComparison.Ordinal);
            LetGo();
            await test.Launcher.Closed.Within();
        },
        DefaultOptions with { MaxConcurrentStarts = 1 });

    [Fact]
    public Task An_agent_that_is_not_put_in_place_in_time_is_given_up() => RunAsync(
        new FakeAgentPlan { Complete = HangAsync },
        async test =>
        {
            Task starting = test.Manager.StartAsync(test.Delegate);
            _ = await _hanging.AtAsync(0);
            await test.Time.PassAsync(test.Options.StartTimeout);

            ProcessManagerException failure = await FailsAsync(ProcessManagerError.StartFailed, () => starting);

            Assert.Contains("was not put in place within 14400 s.", failure.Message, StringComparison.Ordinal);
            Assert.Empty(test.Delegate.Started.Reached);
        },
        OneFailure);

    [Fact]
    public Task A_process_that_the_host_does_not_let_go_of_holds_up_no_other_start() => RunAsync(
        async test =>
        {
            Task starting = test.Manager.StartAsync(test.Delegate);
            FakeAgent held = await test.Launcher.Launched.AtAsync(0);
            test.Time.LetRetriesPass();
            // The one is for the kill, the other for the start.
            await test.Time.PassAsync(test.Options.ExitTimeout, time: 2);

            await starting.Within();
            Assert.NotEqual(held.Id, await test.Delegate.Started.AtAsync(0));
            held.Exit(signal: 9);
            await StopAsync(test);
        },
        DefaultOptions with { MaxConcurrentStarts = 2 },
        new FakeLauncher(number => number == 0 ? new FakeAgentPlan { Hello = FakeHello.OtherId, EndsWithLink = false, EndsWhenKilled = false } : new FakeAgentPlan()));

    /// <summary>What hangs then hangs in the removal too, which waits for it.</summary>
    [Fact]
    public Task An_agent_that_is_never_put_in_place_holds_up_no_stop() => RunAsync(
        new FakeAgentPlan { Complete = HangAsync, Remove = HangAsync, EndsWithLink = false },
        async test =>
        {
            Task starting = test.Manager.StartAsync(test.Delegate);
            FakeAgent agent = await test.Launcher.Launched.AtAsync(0);
            _ = await _hanging.AtAsync(0);

            await StopHangingAsync(test);

            _ = await FailsAsync(ProcessManagerError.Stopping, () => starting);
            Assert.Equal((1, false), (agent.Kills, agent.IsDisposed));
            LetGo();
            await test.Launcher.Closed.Within();
        });

    [Fact]
    public Task What_a_workload_left_may_take_long_to_remove_but_not_in_a_stop_without_time() => RunAsync(
        new FakeAgentPlan { Remove = HangAsync },
        async test =>
        {
            FakeAgent agent = await test.StartPreparedAsync();
            _ = await test.Delegate.Started.CountAsync(2);
            Task<AgentExit> one = test.Manager.StopProcessAsync(agent.Id);
            Task all = test.Manager.StopAsync();
            _ = await _hanging.CountAsync(2);
            test.Time.Advance(test.Options.ExitTimeout);
            Assert.False(one.IsCompleted || all.IsCompleted);

            int before = ExitTimersSet(test);
            Task forced = test.Manager.StopAsync(new CancellationToken(canceled: true));
            await test.Time.PassAsync(test.Options.ExitTimeout, time: before + 2);

            await Task.WhenAll(one, all, forced).Within();
            LetGo();
            await test.Launcher.Closed.Within();
        });

    /// <summary>Stops without time, and lets the time pass that a launch has to hear of it.</summary>
    private static async Task StopHangingAsync(PoolTest test)
    {
        Task stopping = test.Manager.StopAsync(new CancellationToken(canceled: true));
        await test.Time.PassAsync(test.Options.ExitTimeout);
        await stopping.Within();
    }

    /// <summary>What was left behind may come back behind the stop.</summary>
    private static async Task StopAsync(PoolTest test)
    {
        await test.Manager.StopAsync().Within();
        await test.Launcher.Closed.Within();
    }

    private static int ExitTimersSet(PoolTest test) => test.Time.TimersSet.Count(set => set == test.Options.ExitTimeout);

    private Task HangAsync()
    {
        _hanging.Add("");
        return _gate.Task;
    }

    private void LetGo()
    {
        _gate.SetResult();
        _thread.Set();
    }
}
