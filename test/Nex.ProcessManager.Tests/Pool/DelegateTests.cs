using Microsoft.Extensions.Logging;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Fakes;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Pool;

public sealed class DelegateTests
{
    [Fact]
    public Task An_agent_is_ready_when_the_delegate_is_told_of_it() => RunAsync(async test =>
    {
        test.Delegate.OnStarted = id =>
        {
            if (test.Delegate.Started.Reached.Count == 1)
            {
                test.Manager.PrepareWorkloadAsync(id, Request()).AsTask().GetAwaiter().GetResult();
            }
        };

        await test.Manager.StartAsync(test.Delegate).Within();

        _ = await test.Delegate.Started.CountAsync(2);
        Assert.NotNull(test.Manager.Lookup(test.Delegate.Started.Reached[0]));
    });

    [Fact]
    public Task Nothing_of_an_agent_is_left_when_the_delegate_is_told_of_its_end() => RunAsync(async test =>
    {
        FakeAgent agent = await test.StartPreparedAsync();
        var seen = new TaskCompletionSource<(bool, int, bool)>();
        test.Delegate.OnExited = (id, _) =>
        {
            if (id == agent.Id)
            {
                seen.SetResult((agent.IsDisposed, test.Manager.ListProcesses().Count, test.Manager.Lookup(id) is null));
            }
        };

        AgentExit exit = await test.Manager.StopProcessAsync(agent.Id).Within();

        Assert.Equal((true, 0, true), await seen.Task.Within());
        Assert.Equal(exit, Assert.Single(test.Delegate.Exited.Reached));
    });

    [Fact]
    public Task An_agent_that_never_was_warm_is_not_told_of() => RunAsync(
        async test =>
        {
            _ = await test.StartAsync();
            test.Launcher.Launched.Reached[0].Exit();
            _ = await test.Delegate.Exited.AtAsync(0);
            await test.FailedStartsAsync(2);

            _ = await test.Delegate.Started.CountAsync(2);

            Assert.Equal(4, test.Launcher.Requested.Reached.Count);
            Assert.Single(test.Delegate.Exited.Reached);
        },
        launcher: new FakeLauncher(number => new FakeAgentPlan { Hello = number is 1 or 2 ? FakeHello.OtherId : FakeHello.Normal }));

    [Fact]
    public Task A_delegate_that_throws_is_logged_and_harms_nothing() => RunAsync(async test =>
    {
        test.Delegate.OnStarted = _ => throw new InvalidOperationException("from the start");
        test.Delegate.OnExited = (_, _) => throw new InvalidOperationException("from the end");
        FakeAgent agent = (await test.StartAsync())[0];

        _ = await test.Manager.StopProcessAsync(agent.Id).Within();

        _ = await test.Delegate.Started.CountAsync(2);
        Assert.Equal(1, test.Manager.Status.Warm);
        Assert.Equal(
            ["from the start", "from the end"],
            test.Log.Lines.Reached.Where(line => line.Level == LogLevel.Error && line.Text.Contains(agent.Id, StringComparison.Ordinal)).Select(line => line.Failure?.Message));
    });

    [Fact]
    public Task A_delegate_may_call_the_manager() => RunAsync(async test =>
    {
        var called = new Milestones<string>();
        test.Delegate.OnStarted = id => CallAll(test, id, called);
        test.Delegate.OnExited = (id, _) => CallAll(test, id, called);
        FakeAgent agent = (await test.StartAsync())[0];

        agent.Exit();

        _ = await called.CountAsync(3);
    });

    [Fact]
    public Task A_delegate_that_holds_up_one_agent_holds_up_no_other() => RunAsync(
        async test =>
        {
            using var gate = new ManualResetEventSlim();
            test.Delegate.OnStarted = id =>
            {
                if (id == test.Launcher.Launched.Reached[0].Id)
                {
                    Assert.True(gate.Wait(Deadline.Length));
                }
            };
            await test.Manager.StartAsync(test.Delegate).Within();

            _ = await test.Delegate.Started.CountAsync(3);
            Assert.Equal(3, test.Manager.Status.Warm);
            string other = test.Launcher.Launched.Reached[1].Id;
            _ = await test.Manager.StopProcessAsync(other).Within();
            gate.Set();
        },
        DefaultOptions with { PoolSize = 3 });

    /// <summary>The ends come all at once, on the thread of whoever cancels.</summary>
    [Fact]
    public Task A_delegate_that_holds_up_one_end_holds_up_no_other_end() => RunAsync(
        new FakeAgentPlan { EndsWithLink = false },
        async test =>
        {
            _ = await test.StartAsync();
            using var gate = new ManualResetEventSlim();
            int told = 0;
            test.Delegate.OnExited = (_, _) =>
            {
                if (Interlocked.Increment(ref told) == 1)
                {
                    Assert.True(gate.Wait(Deadline.Length));
                }
            };
            using var cancelling = new CancellationTokenSource();
            Task stopping = test.Manager.StopAsync(cancelling.Token);
            await test.Time.TimerSetAsync(test.Options.ExitTimeout, time: 4);

            Task cancelled = Task.Run(cancelling.Cancel);

            _ = await test.Delegate.Exited.CountAsync(3);
            await cancelled.Within();
            Assert.False(stopping.IsCompleted);
            gate.Set();
            await stopping.Within();
        },
        DefaultOptions with { PoolSize = 4 });

    private static void CallAll(PoolTest test, string id, Milestones<string> called)
    {
        _ = test.Manager.Status;
        _ = test.Manager.ListProcesses();
        _ = test.Manager.Lookup(id);
        _ = Record.Exception(() => test.Manager.GetAgent(id));
        _ = test.Manager.StopProcessAsync("unknown").Exception;
        _ = Record.Exception(() => test.Manager.PrepareWorkloadAsync("unknown", Request()).AsTask().GetAwaiter().GetResult());
        called.Add(id);
    }
}
