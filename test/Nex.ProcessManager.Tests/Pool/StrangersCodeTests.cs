using System.Diagnostics;
using System.Diagnostics.Metrics;
using Nex.ProcessManager.Pool;
using Nex.ProcessManager.Telemetry;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Fakes;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Pool;

/// <summary>Who listens to a manager, logs for it or is told by it is code of the program that uses it, and can fail or hang.</summary>
public sealed class StrangersCodeTests
{
    [Fact]
    public Task A_listener_of_metrics_that_throws_is_logged_and_harms_nothing() => RunAsync(async test =>
    {
        using MeterListener listener = Listen(test, () => throw new InvalidOperationException("from the listener"));

        await LiveAsync(test);

        Assert.Contains(test.Log.Lines.Reached, line => line.Failure?.Message == "from the listener");
    });

    [Fact]
    public Task A_listener_of_metrics_is_called_under_no_lock() => RunAsync(async test =>
    {
        // On another thread, since a lock does not keep out the one that holds it.
        using MeterListener listener = Listen(test, () => Assert.True(Task.Run(() => test.Manager.Status).Wait(Deadline.Length)));

        await LiveAsync(test);

        Assert.DoesNotContain(test.Log.Lines.Reached, line => line.Failure is not null);
    });

    [Fact]
    public Task A_listener_of_metrics_may_call_the_manager() => RunAsync(async test =>
    {
        int calls = 0;
        using MeterListener listener = Listen(test, () =>
        {
            if (Interlocked.Increment(ref calls) < 50)
            {
                _ = Record.ExceptionAsync(() => test.Manager.PrepareNextWorkloadAsync(Request()).AsTask()).AsTask();
            }
        });

        await LiveAsync(test);

        Assert.DoesNotContain(test.Log.Lines.Reached, line => line.Failure is not null);
    });

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public Task A_listener_of_activities_that_throws_is_logged_and_harms_nothing(bool atBeginnings, bool atEnds) => RunAsync(async test =>
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ProcessManagerTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = _ => ThrowIf(atBeginnings),
            ActivityStopped = _ => ThrowIf(atEnds),
        };
        ActivitySource.AddActivityListener(listener);

        await LiveAsync(test);

        Assert.Contains(test.Log.Lines.Reached, line => line.Failure?.Message == "from the listener");

        static void ThrowIf(bool holds)
        {
            if (holds)
            {
                throw new InvalidOperationException("from the listener");
            }
        }
    });

    [Fact]
    public Task A_logger_that_throws_harms_nothing() => RunAsync(
        async test =>
        {
            test.Log.OnLogged = _ => throw new InvalidOperationException("from the logger");
            test.Delegate.OnStarted = _ => throw new InvalidOperationException("from the start");
            test.Time.LetRetriesPass();

            await LiveAsync(test);

            Assert.Contains(test.Log.Lines.Reached, line => line.Failure?.Message == "from the start");
        },
        launcher: new FakeLauncher(number => new FakeAgentPlan { Hello = number == 0 ? FakeHello.OtherId : FakeHello.Normal }));

    /// <summary>What the delegate does meanwhile is its own affair, and the pool's that the agent is dead.</summary>
    [Fact]
    public Task An_agent_that_ends_while_the_delegate_is_told_of_its_start_leaves_the_pool_at_once_and_is_told_of_in_order() => RunAsync(async test =>
    {
        using var gate = new ManualResetEventSlim();
        HoldFirst(test, gate);
        await test.Manager.StartAsync(test.Delegate).Within();
        FakeAgent agent = test.Launcher.Launched.Reached[0];
        _ = await test.Delegate.Started.AtAsync(0);
        test.Time.Advance(test.Options.MaxStartBackoff);

        agent.Exit(signal: 9);

        Assert.NotEqual(agent.Id, await test.Delegate.Started.AtAsync(1));
        Assert.Contains("(ProcessExited)", (await test.Log.Lines.FirstAsync(line => line.Id == 301)).Text, StringComparison.Ordinal);
        Assert.True(agent.IsDisposed);
        Assert.Empty(test.Delegate.Exited.Reached);
        Assert.DoesNotContain(agent.Id, test.Delegate.Returned.Reached);
        gate.Set();
        Assert.Equal(agent.Id, (await test.Delegate.Exited.AtAsync(0)).Id);
    });

    [Fact]
    public Task An_agent_can_be_stopped_while_the_delegate_is_told_of_its_start() => RunAsync(async test =>
    {
        using var gate = new ManualResetEventSlim();
        HoldFirst(test, gate);
        await test.Manager.StartAsync(test.Delegate).Within();
        FakeAgent agent = test.Launcher.Launched.Reached[0];
        _ = await test.Delegate.Started.AtAsync(0);

        Task<AgentExit> stopping = test.Manager.StopProcessAsync(agent.Id);

        await agent.LinkClosed.Within();
        _ = await test.Delegate.Started.AtAsync(1);
        Assert.False(stopping.IsCompleted);
        gate.Set();
        Assert.Equal(AgentExitCause.Stopped, (await stopping.Within()).Cause);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_delegate_that_does_not_return_holds_up_no_stop_that_has_no_time_left_and_is_told_nothing_more(bool atStart) => RunAsync(async test =>
    {
        using var gate = new ManualResetEventSlim();
        if (atStart)
        {
            HoldFirst(test, gate);
        }
        else
        {
            test.Delegate.OnExited = (_, _) => Assert.True(gate.Wait(Deadline.Length));
        }

        await test.Manager.StartAsync(test.Delegate).Within();
        _ = await test.Delegate.Started.AtAsync(0);
        Task stopping = test.Manager.StopAsync();
        await test.Time.TimerSetAsync(test.Options.StopTimeout);
        await test.Launcher.Launched.Reached[0].LinkClosed.Within();
        Assert.False(stopping.IsCompleted);
        test.Time.Advance(test.Options.StopTimeout);

        test.Time.LetPass(test.Options.ExitTimeout);

        await stopping.Within();
        Assert.Equal(PoolState.Stopped, test.Manager.Status.State);
        Assert.Empty(test.Delegate.Exited.Reached);
        Assert.Contains(test.Log.Lines.Reached, line => line.Text.Contains("has not returned from a call for agent", StringComparison.Ordinal));
        gate.Set();
        await test.Delegate.Returned.AtAsync(atStart ? 0 : 1);
        Assert.Equal(atStart ? 0 : 1, test.Delegate.Exited.Reached.Count);
    });

    /// <summary>It must not, and harms itself alone.</summary>
    [Fact]
    public Task A_delegate_that_waits_for_the_stop_of_the_manager_waits_until_that_has_no_time_left() => RunAsync(async test =>
    {
        test.Delegate.OnStarted = _ => Assert.True(test.Manager.StopAsync().Wait(Deadline.Length));
        Task starting = test.Manager.StartAsync(test.Delegate);

        await test.Time.PassAsync(test.Options.StopTimeout);
        test.Time.LetPass(test.Options.ExitTimeout);

        await test.Delegate.Returned.AtAsync(0);
        _ = await Record.ExceptionAsync(() => starting.Within());
        Assert.Empty(test.Delegate.Exited.Reached);
    });

    [Fact]
    public Task An_observer_that_does_not_return_holds_up_no_stop_that_has_no_time_left() => RunAsync(async test =>
    {
        using var gate = new ManualResetEventSlim();
        FakeAgent agent = await test.StartPreparedAsync();
        var observer = new ObserverRecorder { OnCall = () => Assert.True(gate.Wait(Deadline.Length)) };
        await test.DeployAsync(agent, observer).Within();
        agent.WriteOutput("line");
        _ = await observer.Lines.AtAsync(0);
        _ = await test.Delegate.Started.CountAsync(2);

        Task stopping = test.Manager.StopAsync(new CancellationToken(canceled: true));
        test.Time.LetPass(test.Options.ExitTimeout);

        await stopping.Within();
        Assert.Contains(test.Log.Lines.Reached, line => line.Text.Contains("has not returned from a call", StringComparison.Ordinal));
        gate.Set();
        _ = await observer.ExitAsync();
    });

    /// <summary>Whatever the node fails on in the life of an agent, as here on its clock, that agent does not run on.</summary>
    [Fact]
    public Task An_agent_on_which_the_node_fails_is_killed_and_leaves_the_pool() => RunAsync(
        new FakeAgentPlan { EndsWithLink = false },
        async test =>
        {
            (FakeAgent agent, _) = await test.StartDeployedAsync();
            _ = await test.Delegate.Started.CountAsync(2);
            test.FailsItself = true;
            test.Time.OnTimer = wait => Assert.NotEqual(test.Patience, wait);

            AgentExit exit = await test.Manager.StopProcessAsync(agent.Id).Within();

            Assert.Equal((AgentExitCause.Stopped, true, 1), (exit.Cause, exit.Killed, agent.Kills));
            Assert.True(agent.IsDisposed);
            test.Time.OnTimer = _ => { };
            await test.Manager.StopAsync(new CancellationToken(canceled: true)).Within();
        });

    /// <summary>What is done in the lives of some agents.</summary>
    private static async Task LiveAsync(PoolTest test)
    {
        (FakeAgent agent, ObserverRecorder observer) = await test.StartDeployedAsync();
        _ = await test.Delegate.Started.CountAsync(2);
        _ = await test.Manager.StopProcessAsync(agent.Id).Within();
        _ = await observer.ExitAsync();
        _ = await test.Manager.PrepareNextWorkloadAsync(Request()).Within();
        _ = await test.Delegate.Started.CountAsync(3);
        await test.Manager.StopAsync().Within();
    }

    private static MeterListener Listen(PoolTest test, Action called)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == ProcessManagerTelemetry.Name)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => Call(tags));
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) => Call(tags));
        listener.Start();
        return listener;

        void Call(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags[0].Value as string == test.Launcher.Sandbox)
            {
                called();
            }
        }
    }

    private static void HoldFirst(PoolTest test, ManualResetEventSlim gate) => test.Delegate.OnStarted = id =>
    {
        if (id == test.Launcher.Launched.Reached[0].Id)
        {
            Assert.True(gate.Wait(Deadline.Length));
        }
    };
}
