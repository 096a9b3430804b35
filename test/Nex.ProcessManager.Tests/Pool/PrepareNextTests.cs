using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Fakes;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Pool;

public sealed class PrepareNextTests
{
    [Fact]
    public Task The_agent_that_has_been_warm_longest_is_taken() => RunAsync(
        async test =>
        {
            IReadOnlyList<FakeAgent> agents = await test.StartAsync();

            string first = await test.Manager.PrepareNextWorkloadAsync(Request()).Within();
            string second = await test.Manager.PrepareNextWorkloadAsync(Request()).Within();

            Assert.Equal([agents[0].Id, agents[1].Id], [first, second]);
        },
        DefaultOptions with { PoolSize = 3, MaxConcurrentStarts = 1 });

    [Fact]
    public async Task Callers_that_wait_are_served_in_the_order_in_which_they_came()
    {
        var gates = new Gates();
        await RunAsync(
            async test =>
            {
                _ = await test.StartPreparedAsync();
                Task<string>[] waits = [.. Enumerable.Range(0, 3).Select(_ => test.Manager.PrepareNextWorkloadAsync(Request()).AsTask())];
                Assert.Equal(3, test.Manager.Status.Waiting);
                // One for each who waits, and one for the pool.
                IReadOnlyList<FakeAgent> agents = await test.Launcher.Launched.CountAsync(5);

                for (int turn = 0; turn < waits.Length; turn++)
                {
                    // Not in the order in which they were launched: who waits gets the one that is warm first.
                    int released = waits.Length + 1 - turn;
                    gates.Open(released);
                    Assert.Equal(agents.Single(agent => agent.Number == released).Id, await waits[turn].Within());
                    Assert.All(waits[(turn + 1)..], wait => Assert.False(wait.IsCompleted));
                }

                gates.OpenAll();
                _ = await test.Delegate.Started.CountAsync(5);
                Assert.Equal((0, 1), (test.Manager.Status.Waiting, test.Manager.Status.Warm));
            },
            launcher: gates.Launcher(closedFrom: 1));
    }

    [Fact]
    public async Task A_cancelled_wait_loses_no_agent()
    {
        var gates = new Gates();
        await RunAsync(
            async test =>
            {
                _ = await test.StartPreparedAsync();
                using var cancelling = new CancellationTokenSource();
                Task<string> cancelled = test.Manager.PrepareNextWorkloadAsync(Request(), cancelling.Token).AsTask();
                Task<string> patient = test.Manager.PrepareNextWorkloadAsync(Request()).AsTask();

                await cancelling.CancelAsync();

                OperationCanceledException reported = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Within());
                Assert.Equal(cancelling.Token, reported.CancellationToken);
                Assert.Equal(1, test.Manager.Status.Waiting);
                gates.OpenAll();
                Assert.NotNull(test.Manager.Lookup(await patient.Within()));
                _ = await test.Delegate.Started.CountAsync(3);
                Assert.Equal(2, test.Manager.Status.Prepared);
            },
            launcher: gates.Launcher(closedFrom: 1));
    }

    [Fact]
    public async Task An_agent_that_was_started_for_a_caller_who_has_left_is_not_kept_beside_a_full_pool()
    {
        var gates = new Gates();
        await RunAsync(
            async test =>
            {
                _ = await test.StartPreparedAsync();
                using var cancelling = new CancellationTokenSource();
                Task<string> wait = test.Manager.PrepareNextWorkloadAsync(Request(), cancelling.Token).AsTask();
                // One for the caller, and one for the pool.
                IReadOnlyList<FakeAgent> agents = await test.Launcher.Launched.CountAsync(3);
                await cancelling.CancelAsync();
                _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.Within());

                gates.Open(1);
                await test.Metrics.WhenAsync(states => states.GetValueOrDefault("warm") == 1).Within();
                gates.Open(2);

                await test.Metrics.UntilAsync("nex.agent.exits", nameof(AgentExitCause.NotNeeded), 1);
                await test.Metrics.UntilAsync("nex.agent.starts", tag: null, 3);
                Assert.Equal((1, 1), (test.Manager.Status.Prepared, test.Manager.Status.Warm));
                Assert.True(agents.Single(agent => agent.Number == 2).IsDisposed);
                Assert.Equal(2, test.Delegate.Started.Reached.Count);
            },
            launcher: gates.Launcher(closedFrom: 1));
    }

    [Fact]
    public async Task A_wait_that_is_cancelled_at_the_moment_of_the_grant_has_either_the_agent_or_left_it()
    {
        int granted = 0, cancelled = 0;
        for (int round = 0; round < 200; round++)
        {
            var gates = new Gates();
            await RunAsync(
                async test =>
                {
                    _ = await test.StartPreparedAsync();
                    using var cancelling = new CancellationTokenSource();
                    Task<string> wait = test.Manager.PrepareNextWorkloadAsync(Request(), cancelling.Token).AsTask();
                    // One for the caller, and one for the pool.
                    _ = await test.Launcher.Launched.CountAsync(3);

                    using var together = new Barrier(2);
                    await Task.WhenAll(
                        Task.Run(() =>
                        {
                            together.SignalAndWait();
                            gates.OpenAll();
                        }),
                        Task.Run(() =>
                        {
                            together.SignalAndWait();
                            cancelling.Cancel();
                        })).Within();

                    await Task.WhenAny(wait).Within();
                    int prepared = wait.IsCompletedSuccessfully ? 2 : 1;
                    granted += wait.IsCompletedSuccessfully ? 1 : 0;
                    cancelled += wait.IsCanceled ? 1 : 0;
                    _ = await test.Delegate.Started.CountAsync(prepared + 1);
                    Assert.Equal((prepared, 1, 0), (test.Manager.Status.Prepared, test.Manager.Status.Warm, test.Manager.Status.Waiting));
                },
                launcher: gates.Launcher(closedFrom: 1));
        }

        Assert.Equal(200, granted + cancelled);
    }

    [Fact]
    public Task As_many_agents_are_started_as_callers_wait_but_no_more_at_once_than_allowed() => RunAsync(
        async test =>
        {
            Task starting = test.Manager.StartAsync(test.Delegate);
            _ = await test.Launcher.Launched.AtAsync(0);
            using var cancelling = new CancellationTokenSource();
            Task<string>[] waits = [.. Enumerable.Range(0, 5).Select(_ => test.Manager.PrepareNextWorkloadAsync(Request(), cancelling.Token).AsTask())];

            _ = await test.Launcher.Launched.CountAsync(3);

            Assert.Equal((3, 5), (test.Manager.Status.Starting, test.Manager.Status.Waiting));
            await cancelling.CancelAsync();
            Assert.All(await Task.WhenAll(waits.Select(async wait => await Record.ExceptionAsync(() => wait))), failure => Assert.IsAssignableFrom<OperationCanceledException>(failure));
            await test.Manager.StopAsync().Within();
            _ = await FailsAsync(ProcessManagerError.Stopping, () => starting);
        },
        DefaultOptions with { MaxConcurrentStarts = 3 },
        new FakeLauncher(_ => new FakeAgentPlan { Hello = FakeHello.Never }));

    [Fact]
    public Task Waiting_ends_with_the_callers_deadline() => RunAsync(
        async test =>
        {
            _ = await test.StartPreparedAsync();
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(1), test.Time);
            Task<string> wait = test.Manager.PrepareNextWorkloadAsync(Request(), deadline.Token).AsTask();
            test.Time.Advance(TimeSpan.FromMilliseconds(999));
            Assert.False(wait.IsCompleted);

            test.Time.Advance(TimeSpan.FromMilliseconds(1));

            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.Within());
            Assert.Equal(1.0, test.Metrics.Sum("nex.pool.wait.duration"), 3);
        },
        launcher: new FakeLauncher(number => new FakeAgentPlan { Hello = number == 0 ? FakeHello.Normal : FakeHello.Never }));

    [Fact]
    public Task A_stop_answers_those_who_wait() => RunAsync(
        async test =>
        {
            _ = await test.StartPreparedAsync();
            Task<string>[] waits = [.. Enumerable.Range(0, 3).Select(_ => test.Manager.PrepareNextWorkloadAsync(Request()).AsTask())];

            await test.Manager.StopAsync().Within();

            foreach (Task<string> wait in waits)
            {
                _ = await FailsAsync(ProcessManagerError.Stopping, () => wait);
            }
        },
        launcher: new FakeLauncher(number => new FakeAgentPlan { Hello = number == 0 ? FakeHello.Normal : FakeHello.Never }));
}
