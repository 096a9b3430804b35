using Microsoft.Extensions.Logging;
using Nex.Linux;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Pool;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Fakes;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Pool;

public sealed class StartTests
{
    private static readonly FakeAgentPlan Silent = new() { Hello = FakeHello.Never };

    [Fact]
    public async Task Start_returns_when_the_first_agent_is_warm_and_the_pool_fills_on()
    {
        var gates = new Gates();
        await RunAsync(
            async test =>
            {
                await test.Manager.StartAsync(test.Delegate).Within();

                Assert.Equal((PoolState.Filling, 1), (test.Manager.Status.State, test.Manager.Status.Warm));
                gates.OpenAll();
                _ = await test.Delegate.Started.CountAsync(3);
                Assert.Equal((PoolState.Full, 3), (test.Manager.Status.State, test.Manager.Status.Warm));
            },
            DefaultOptions with { PoolSize = 3 },
            gates.Launcher(closedFrom: 1));
    }

    [Fact]
    public async Task No_more_agents_start_at_once_than_allowed()
    {
        var gates = new Gates();
        await RunAsync(
            async test =>
            {
                Task starting = test.Manager.StartAsync(test.Delegate);
                for (int warm = 0; warm < 10; warm++)
                {
                    _ = await test.Launcher.Launched.CountAsync(Math.Min(warm + 3, 10));
                    Assert.InRange(test.Manager.Status.Starting, 0, 3);
                    Assert.InRange(test.Launcher.Requested.Reached.Count, 0, warm + 3);
                    gates.Open(warm);
                    _ = await test.Delegate.Started.CountAsync(warm + 1);
                }

                await starting.Within();
                Assert.Equal(10, test.Launcher.Requested.Reached.Count);
            },
            DefaultOptions with { PoolSize = 10, MaxConcurrentStarts = 3 },
            gates.Launcher(closedFrom: 0));
    }

    [Fact]
    public Task A_manager_starts_once_and_a_second_start_harms_nothing() => RunAsync(async test =>
    {
        _ = await test.StartAsync();

        _ = await FailsAsync(ProcessManagerError.AlreadyStarted, () => test.Manager.StartAsync(test.Delegate));

        Assert.Equal(1, test.Manager.Status.Warm);
    });

    [Fact]
    public Task A_stopped_manager_does_not_start() => RunAsync(async test =>
    {
        await test.Manager.StopAsync().Within();

        _ = await FailsAsync(ProcessManagerError.Stopping, () => test.Manager.StartAsync(test.Delegate));

        Assert.Empty(test.Launcher.Requested.Reached);
    });

    [Fact]
    public Task A_manager_in_lame_duck_does_not_start() => RunAsync(async test =>
    {
        await test.Manager.EnterLameDuckAsync().Within();

        _ = await FailsAsync(ProcessManagerError.LameDuck, () => test.Manager.StartAsync(test.Delegate));

        Assert.Empty(test.Launcher.Requested.Reached);
    });

    [Fact]
    public Task A_launcher_that_cannot_be_opened_fails_the_start_with_its_reason() => RunAsync(
        async test =>
        {
            ProcessManagerException failure = await FailsAsync(ProcessManagerError.SandboxUnavailable, () => test.Manager.StartAsync(test.Delegate));

            Assert.Equal("No sandbox here.", failure.Message);
            Assert.True(test.Launcher.IsDisposed);
            Assert.Equal(PoolState.Stopped, test.Manager.Status.State);
        },
        launcher: new FakeLauncher { OpenFailure = new ProcessManagerException(ProcessManagerError.SandboxUnavailable, "No sandbox here.") });

    [Fact]
    public Task A_start_says_why_it_failed_though_what_it_made_cannot_be_removed() => RunAsync(
        async test =>
        {
            ProcessManagerException failure = await FailsAsync(ProcessManagerError.SandboxUnavailable, () => test.Manager.StartAsync(test.Delegate));

            Assert.Equal("No sandbox here.", failure.Message);
            Assert.Equal(PoolState.Stopped, test.Manager.Status.State);
        },
        launcher: new FakeLauncher
        {
            OpenFailure = new ProcessManagerException(ProcessManagerError.SandboxUnavailable, "No sandbox here."),
            CloseFailure = new IOException("Directory not empty."),
        });

    [Fact]
    public Task A_start_fails_with_the_last_reason_after_so_many_failures() => RunAsync(
        async test =>
        {
            Task starting = test.Manager.StartAsync(test.Delegate);
            await test.FailedStartsAsync(2);

            ProcessManagerException failure = await FailsAsync(ProcessManagerError.StartFailed, () => starting);

            Assert.Equal("No agent could be started; 3 attempts failed. The last: Failure 2.", failure.Message);
            Assert.Equal(PoolState.Stopped, test.Manager.Status.State);
            // Time flies here, so that more may have been tried before the start was given up.
            Assert.InRange(test.Metrics.Sum("nex.agent.start.failures", nameof(AgentStartFailure.NotStarted)), 3, double.MaxValue);
        },
        launcher: new FakeLauncher(number => new FakeAgentPlan { LaunchFailure = new AgentStartException(AgentStartFailure.NotStarted, $"Failure {number}.") }));

    [Fact]
    public async Task A_start_that_is_cancelled_while_the_launcher_opens_leaves_nothing()
    {
        using var cancelling = new CancellationTokenSource();
        await RunAsync(
            async test =>
            {
                Task starting = test.Manager.StartAsync(test.Delegate, cancelling.Token);

                await cancelling.CancelAsync();

                _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting.Within());
                Assert.True(test.Launcher.IsDisposed);
                Assert.Equal(PoolState.Stopped, test.Manager.Status.State);
            },
            launcher: new FakeLauncher { OpenGate = new TaskCompletionSource().Task });
    }

    [Fact]
    public async Task A_start_that_is_cancelled_before_an_agent_is_warm_leaves_nothing()
    {
        using var cancelling = new CancellationTokenSource();
        await RunAsync(
            Silent,
            async test =>
            {
                Task starting = test.Manager.StartAsync(test.Delegate, cancelling.Token);
                _ = await test.Launcher.Launched.CountAsync(2);

                await cancelling.CancelAsync();

                _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting.Within());
                Assert.True(test.Launcher.IsDisposed);
                Assert.Empty(test.Delegate.Started.Reached);
            },
            DefaultOptions with { PoolSize = 2 });
    }

    [Fact]
    public Task A_stop_while_the_launcher_opens_gives_that_up_and_leaves_nothing() => RunAsync(
        async test =>
        {
            Task starting = test.Manager.StartAsync(test.Delegate);

            await test.Manager.StopAsync().Within();

            _ = await FailsAsync(ProcessManagerError.Stopping, () => starting);
            Assert.Empty(test.Launcher.Requested.Reached);
        },
        launcher: new FakeLauncher { OpenGate = new TaskCompletionSource().Task });

    /// <summary>Much of opening is done before it waits for anything: directories, and the copy of the agent.</summary>
    [Fact]
    public async Task A_stop_in_the_first_part_of_opening_waits_for_it_too()
    {
        using var opening = new ManualResetEventSlim();
        using var gate = new ManualResetEventSlim();
        var launcher = new FakeLauncher
        {
            OnOpening = () =>
            {
                opening.Set();
                Assert.True(gate.Wait(Deadline.Length));
            },
        };
        await RunAsync(
            async test =>
            {
                Task starting = Task.Run(() => test.Manager.StartAsync(test.Delegate));
                Assert.True(opening.Wait(Deadline.Length));

                Task stopping = test.Manager.StopAsync();
                await test.Time.TimerSetAsync(test.Options.StopTimeout);
                Assert.False(launcher.IsDisposed);
                gate.Set();

                await stopping.Within();
                _ = await FailsAsync(ProcessManagerError.Stopping, () => starting);
            },
            launcher: launcher);
    }

    [Fact]
    public async Task A_start_does_not_hold_up_its_caller()
    {
        using var gate = new ManualResetEventSlim();
        await RunAsync(
            async test =>
            {
                Task starting = test.Manager.StartAsync(test.Delegate);
                Assert.False(starting.IsCompleted);
                gate.Set();

                await starting.Within();
            },
            launcher: new FakeLauncher { OnOpening = () => Assert.True(gate.Wait(Deadline.Length)) });
    }

    [Theory]
    [InlineData(nameof(FakeHello.OtherId), nameof(AgentStartFailure.IdentityMismatch), "It says that it is agent 'another'.")]
    [InlineData(nameof(FakeHello.OtherProtocol), nameof(AgentStartFailure.ProtocolViolation), "use the agent that belongs to this node")]
    [InlineData(nameof(FakeHello.Nonsense), nameof(AgentStartFailure.ProtocolViolation), "A frame of 1195725856 bytes was announced")]
    public Task An_agent_that_does_not_say_hello_as_it_should_is_not_used(string hello, string expected, string reason) => RunAsync(
        new FakeAgentPlan { Hello = Enum.Parse<FakeHello>(hello), Diagnostics = "first line\nsecond line\n", EndsWithLink = false },
        async test =>
        {
            ProcessManagerException failure = await FailsAsync(ProcessManagerError.StartFailed, () => test.Manager.StartAsync(test.Delegate));

            Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
            Assert.EndsWith(" It wrote: first line | second line", failure.Message, StringComparison.Ordinal);
            Assert.Equal(1, test.Metrics.Sum("nex.agent.start.failures", expected));
            Assert.All(test.Launcher.Launched.Reached, agent => Assert.Equal(1, agent.Kills));
            Assert.Contains(test.Log.Lines.Reached, line => line.Level == LogLevel.Warning && line.Text.EndsWith("wrote: second line", StringComparison.Ordinal));
        },
        DefaultOptions with { StartFailureLimit = 1 });

    [Fact]
    public Task An_agent_that_says_nothing_is_not_used_after_its_time() => RunAsync(
        Silent,
        async test =>
        {
            Task starting = test.Manager.StartAsync(test.Delegate);
            await test.Time.PassAsync(test.Options.StartTimeout);

            ProcessManagerException failure = await FailsAsync(ProcessManagerError.StartFailed, () => starting);

            Assert.Contains("did not say hello within 14400 s", failure.Message, StringComparison.Ordinal);
            Assert.Equal(1, test.Metrics.Sum("nex.agent.start.failures", nameof(AgentStartFailure.StartTimeout)));
        },
        DefaultOptions with { StartFailureLimit = 1 });

    [Fact]
    public Task An_agent_that_ends_before_its_hello_is_not_used() => RunAsync(
        Silent,
        async test =>
        {
            Task starting = test.Manager.StartAsync(test.Delegate);
            (await test.Launcher.Launched.AtAsync(0)).Exit(code: 3);

            ProcessManagerException failure = await FailsAsync(ProcessManagerError.StartFailed, () => starting);

            Assert.Contains("ended before it said hello. Its process ended with exit code 3.", failure.Message, StringComparison.Ordinal);
        },
        DefaultOptions with { StartFailureLimit = 1 });

    /// <summary>Who is told of an end is told of it a moment later.</summary>
    [Fact]
    public Task An_agent_that_has_ended_at_the_end_of_its_handshake_is_never_warm()
    {
        FakeLauncher? launcher = null;
        launcher = new FakeLauncher(_ => new FakeAgentPlan
        {
            Complete = () =>
            {
                launcher!.Launched.Reached[0].Exit(signal: Signals.Kill);
                return Task.CompletedTask;
            },
        });
        return RunAsync(
            async test =>
            {
                _ = await FailsAsync(ProcessManagerError.StartFailed, () => test.Manager.StartAsync(test.Delegate));

                Assert.Empty(test.Delegate.Started.Reached);
            },
            DefaultOptions with { StartFailureLimit = 1 },
            launcher);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task An_agent_for_which_the_host_has_no_room_is_cleaned_up_whole(bool expected) => RunAsync(
        new FakeAgentPlan
        {
            EndsWithLink = false,
            Complete = () => Task.FromException(
                expected ? new AgentStartException(AgentStartFailure.NotStarted, "No room.") : new UnauthorizedAccessException("No room.")),
        },
        async test =>
        {
            ProcessManagerException failure = await FailsAsync(ProcessManagerError.StartFailed, () => test.Manager.StartAsync(test.Delegate));

            Assert.Contains("No room.", failure.Message, StringComparison.Ordinal);
            Assert.Empty(test.Delegate.Started.Reached);
            Assert.True(Assert.Single(test.Launcher.Launched.Reached).IsDisposed);
        },
        DefaultOptions with { StartFailureLimit = 1 });

    [Fact]
    public Task One_agents_failure_is_that_agents() => RunAsync(
        async test =>
        {
            test.Time.LetRetriesPass();

            _ = await test.StartAsync();

            Assert.Equal(1, test.Metrics.Sum("nex.agent.exits", nameof(AgentExitCause.StartFailed)));

            Assert.Equal((PoolState.Full, 3), (test.Manager.Status.State, test.Manager.Status.Warm));
        },
        DefaultOptions with { PoolSize = 3, MaxConcurrentStarts = 1, StartFailureLimit = 1 },
        new FakeLauncher(number => number == 1 ? new FakeAgentPlan { Hello = FakeHello.OtherId } : new FakeAgentPlan()));
}
