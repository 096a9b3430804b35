using Microsoft.Extensions.Logging;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Pool;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Fakes;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Pool;

public sealed class BackoffTests
{
    private static readonly FakeAgentPlan Good = new();

    public static TheoryData<Type> UnexpectedFailures => [typeof(InvalidOperationException), typeof(IOException), typeof(OutOfMemoryException)];

    [Fact]
    public Task Failed_starts_back_off_and_the_pool_says_why_it_is_empty() => RunAsync(
        async test =>
        {
            await StartAndLoseAsync(test, failures: 1);

            DateTimeOffset begin = test.Time.GetUtcNow();
            PoolStatus status = test.Manager.Status;
            Assert.Equal((PoolState.Failing, "Failure 1.", 0), (status.State, status.Reason, status.Starting));
            Assert.InRange(status.NextStart!.Value, begin + (test.Options.StartBackoff / 2), begin + test.Options.StartBackoff);
            DateTimeOffset begun = default;
            test.Launcher.Plan = _ =>
            {
                begun = test.Time.GetUtcNow();
                return Good;
            };
            test.Time.LetRetriesPass();

            _ = await test.Delegate.Started.CountAsync(2);
            Assert.True(begun >= status.NextStart, $"A start began at {begun:O}, before {status.NextStart:O}.");
            status = test.Manager.Status;
            Assert.Equal((PoolState.Full, null, null), (status.State, status.Reason, status.NextStart));
        },
        launcher: Failing(from: 1, to: 1));

    [Fact]
    public Task No_start_comes_before_its_wait_is_over() => RunAsync(async test =>
    {
        var begun = new Milestones<DateTimeOffset>();
        test.Launcher.Plan = number =>
        {
            begun.Add(test.Time.GetUtcNow());
            return number == 0 ? Good : Failure(number);
        };
        await StartAndLoseAsync(test, failures: 1);
        await test.FailedStartsAsync(10);
        test.Time.HoldRetries();

        AssertBacksOff(test, [.. begun.Reached.Skip(1)]);
    });

    /// <summary>Each says hello, so that no start fails; and yet there is never an agent to use.</summary>
    [Fact]
    public Task Agents_that_end_as_soon_as_they_are_warm_are_not_started_at_full_speed() => RunAsync(async test =>
    {
        var begun = new Milestones<DateTimeOffset>();
        test.Launcher.Plan = _ =>
        {
            begun.Add(test.Time.GetUtcNow());
            return Good;
        };
        test.Delegate.OnStarted = id => test.Launcher.Find(id).Exit(code: 7);
        await test.Manager.StartAsync(test.Delegate).Within();
        AgentExit first = await test.Delegate.Exited.AtAsync(0);

        PoolStatus status = test.Manager.Status;
        Assert.Equal((PoolState.Failing, 0, 0), (status.State, status.Warm, status.Starting));
        Assert.Equal($"Agent {first.Id} ended without a workload when it had been warm for 0 s. Its process ended with exit code 7.", status.Reason);
        Assert.Contains(test.Log.Lines.Reached, line => line.Level == LogLevel.Warning && line.Text == status.Reason);
        Assert.True(status.NextStart > test.Time.GetUtcNow());
        Assert.Single(test.Launcher.Requested.Reached);

        test.Time.LetRetriesPass();
        _ = await begun.CountAsync(10);
        test.Time.HoldRetries();
        AssertBacksOff(test, begun.Reached);
    });

    [Fact]
    public Task An_agent_that_is_lost_after_a_while_is_replaced_at_once() => RunAsync(async test =>
    {
        _ = await test.StartAsync();
        for (int lost = 0; lost < 10; lost++)
        {
            string id = await test.Delegate.Started.AtAsync(lost);
            test.Time.Advance(test.Options.MaxStartBackoff);

            test.Launcher.Find(id).Exit(signal: 9);
        }

        _ = await test.Delegate.Started.CountAsync(11);
        Assert.NotEqual(PoolState.Failing, test.Manager.Status.State);
    });

    /// <summary>Starts that go on at the same time fail for the same reason.</summary>
    [Fact]
    public async Task Starts_that_fail_together_count_as_one_failure()
    {
        var gate = new TaskCompletionSource();
        await RunAsync(
            async test =>
            {
                Task starting = test.Manager.StartAsync(test.Delegate);
                _ = await test.Launcher.Requested.CountAsync(4);
                test.Launcher.Plan = _ => Good;

                gate.SetResult();
                await test.FailedStartsAsync(4);

                await starting.Within();
                _ = await test.Delegate.Started.CountAsync(4);
            },
            DefaultOptions with { PoolSize = 4, MaxConcurrentStarts = 4, StartFailureLimit = 2 },
            new FakeLauncher(number => Failure(number) with { LaunchGate = gate.Task }));
    }

    [Theory]
    [MemberData(nameof(UnexpectedFailures))]
    public async Task A_start_that_fails_by_a_fault_of_the_node_backs_off_as_well(Type type)
    {
        var failure = (Exception)Activator.CreateInstance(type, "Out of order.")!;
        await RunAsync(
            async test =>
            {
                _ = await test.StartAsync();
                test.Launcher.Launched.Reached[0].Exit();
                await test.Metrics.UntilAsync("nex.agent.exits", nameof(AgentExitCause.StartFailed), 1);

                PoolStatus status = test.Manager.Status;
                Assert.Equal((PoolState.Failing, 0), (status.State, status.Starting));
                Assert.Contains("Out of order.", status.Reason, StringComparison.Ordinal);
                Assert.Equal(2, test.Launcher.Requested.Reached.Count);
                test.Time.LetRetriesPass();
                _ = await test.Delegate.Started.CountAsync(2);
            },
            launcher: new FakeLauncher(number => number == 1 ? new FakeAgentPlan { LaunchFailure = failure } : Good));
    }

    [Fact]
    public Task While_starts_fail_one_is_tried_at_a_time() => RunAsync(
        async test =>
        {
            IReadOnlyList<FakeAgent> agents = await test.StartAsync();
            test.Launcher.Plan = _ => new FakeAgentPlan { LaunchFailure = new AgentStartException(AgentStartFailure.NotStarted, "No.") };
            agents[0].Exit();
            await test.Metrics.UntilAsync("nex.agent.exits", nameof(AgentExitCause.StartFailed), 1);
            agents[1].Exit();
            agents[2].Exit();
            _ = await test.Delegate.Exited.CountAsync(3);
            var gate = new TaskCompletionSource();
            test.Launcher.Plan = _ => new FakeAgentPlan { HelloGate = gate.Task };

            test.Time.LetRetriesPass();

            _ = await test.Launcher.Launched.CountAsync(4);
            Assert.Equal(1, test.Manager.Status.Starting);
            gate.SetResult();
            _ = await test.Delegate.Started.CountAsync(6);
            Assert.Equal(PoolState.Full, test.Manager.Status.State);
        },
        DefaultOptions with { PoolSize = 3 });

    /// <summary>Time that is over must not be waited for again and again.</summary>
    [Fact]
    public async Task A_retry_that_takes_long_is_not_polled_for()
    {
        var gate = new TaskCompletionSource();
        await RunAsync(
            async test =>
            {
                await StartAndLoseAsync(test, failures: 1);
                test.Time.LetRetriesPass();
                _ = await test.Launcher.Requested.CountAsync(3);
                int before = test.Time.TimersSet.Count;

                // As many turns of the thread pool as would show a loop.
                for (int turn = 0; turn < 1000; turn++)
                {
                    await Task.Yield();
                }

                Assert.InRange(test.Time.TimersSet.Count - before, 0, 2);
                gate.SetResult();
                _ = await test.Delegate.Started.CountAsync(2);
            },
            launcher: new FakeLauncher(number => number switch
            {
                1 => new FakeAgentPlan { LaunchFailure = new AgentStartException(AgentStartFailure.NotStarted, "No.") },
                2 => new FakeAgentPlan { LaunchGate = gate.Task },
                _ => Good,
            }));
    }

    [Fact]
    public Task What_runs_goes_on_while_starts_fail() => RunAsync(
        async test =>
        {
            (FakeAgent agent, Testing.Recorders.ObserverRecorder observer) = await test.StartDeployedAsync();
            await test.FailedStartsAsync(5);
            test.Time.HoldRetries();

            agent.WriteOutput("still here");

            Assert.Equal("still here", (await observer.Lines.AtAsync(0)).Text);
            Assert.Equal((PoolState.Failing, 1), (test.Manager.Status.State, test.Manager.Status.Prepared));
        },
        launcher: Failing(from: 1, to: int.MaxValue));

    [Fact]
    public Task A_caller_that_waits_while_starts_fail_gets_the_first_agent_that_starts() => RunAsync(
        async test =>
        {
            _ = await test.StartPreparedAsync();
            Task<string> wait = test.Manager.PrepareNextWorkloadAsync(Request()).AsTask();
            await test.FailedStartsAsync(3);
            test.Launcher.Plan = _ => Good;

            Assert.NotNull(test.Manager.Lookup(await wait.Within()));
        },
        launcher: Failing(from: 1, to: int.MaxValue));

    [Fact]
    public Task A_pool_that_has_stopped_tells_of_no_next_start() => RunAsync(
        async test =>
        {
            await StartAndLoseAsync(test, failures: 1);
            await test.Manager.StopAsync().Within();

            PoolStatus status = test.Manager.Status;

            Assert.Equal((PoolState.Stopped, null, null), (status.State, status.Reason, status.NextStart));
            test.Time.Advance(TimeSpan.FromHours(1));
            Assert.Equal(2, test.Launcher.Requested.Reached.Count);
        },
        launcher: Failing(from: 1, to: int.MaxValue));

    private static void AssertBacksOff(PoolTest test, IReadOnlyList<DateTimeOffset> starts)
    {
        Assert.InRange(starts.Count, 10, int.MaxValue);
        for (int failed = 1; failed < 10; failed++)
        {
            TimeSpan least = test.Options.StartBackoff * Math.Pow(2, failed - 1) / 2;
            Assert.True(starts[failed] - starts[failed - 1] >= TimeSpan.FromSeconds(Math.Min(least.TotalSeconds, test.Options.MaxStartBackoff.TotalSeconds / 2)));
        }
    }

    private static FakeLauncher Failing(int from, int to) => new(number => number < from || number > to
        ? Good
        : Failure(number));

    private static FakeAgentPlan Failure(int number) =>
        new() { LaunchFailure = new AgentStartException(AgentStartFailure.NotStarted, $"Failure {number}.") };

    /// <summary>Starts with one good agent, which dies, and waits until so many starts of its successor have failed.</summary>
    private static async Task StartAndLoseAsync(PoolTest test, int failures)
    {
        _ = await test.StartAsync();
        test.Launcher.Launched.Reached[0].Exit();
        _ = await test.Delegate.Exited.AtAsync(0);
        await test.Metrics.UntilAsync("nex.agent.exits", nameof(AgentExitCause.StartFailed), failures);
    }
}
