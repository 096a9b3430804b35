using Nex.ProcessManager.Agents;
using Nex.Testing.Fakes;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Pool;

public sealed class MetricsTests
{
    [Fact]
    public Task Every_event_of_a_pools_life_is_counted_once_and_balances_to_zero() => RunAsync(
        async test =>
        {
            await test.Manager.StartAsync(test.Delegate).Within();
            await test.FailedStartsAsync(1);
            _ = await test.Delegate.Started.CountAsync(2);
            string prepared = await test.Manager.PrepareNextWorkloadAsync(Request()).Within();
            string killed = await test.Manager.PrepareNextWorkloadAsync(Request()).Within();
            _ = await test.Delegate.Started.CountAsync(4);
            Assert.Equal((2, 2), (test.Metrics.Sum("nex.agents", "prepared"), test.Metrics.Sum("nex.agents", "warm")));

            test.Launcher.Find(killed).Exit(signal: 9);
            _ = await test.Delegate.Exited.AtAsync(0);
            _ = await test.Manager.StopProcessAsync(prepared).Within();
            await test.Manager.StopAsync().Within();

            Assert.Equal(4, test.Metrics.Sum("nex.agent.starts"));
            Assert.Equal(4, test.Metrics.Count("nex.agent.start.duration"));
            Assert.Equal(1, test.Metrics.Sum("nex.agent.start.failures", nameof(AgentStartFailure.NotStarted)));
            Assert.Equal(2, test.Metrics.Count("nex.workload.prepare.duration"));
            Assert.Equal(1, test.Metrics.Sum("nex.agent.exits", nameof(AgentExitCause.StartFailed)));
            Assert.Equal(1, test.Metrics.Sum("nex.agent.exits", nameof(AgentExitCause.ProcessExited)));
            Assert.Equal(1, test.Metrics.Sum("nex.agent.exits", nameof(AgentExitCause.Stopped)));
            Assert.Equal(2, test.Metrics.Sum("nex.agent.exits", nameof(AgentExitCause.ManagerStopped)));
            Assert.Equal(0, test.Metrics.Sum("nex.agents"));
            Assert.Equal(
                ["nex.agent.exits by nex.exit.cause", "nex.agent.start.failures by error.type", "nex.agents by nex.agent.state"],
                test.Metrics.All.Where(measurement => measurement.TagName.Length > 0).Select(measurement => $"{measurement.Instrument} by {measurement.TagName}").Distinct().Order());
        },
        DefaultOptions with { PoolSize = 2, MaxConcurrentStarts = 1 },
        new FakeLauncher(number => number == 1
            ? new FakeAgentPlan { LaunchFailure = new AgentStartException(AgentStartFailure.NotStarted, "No.") }
            : new FakeAgentPlan()));

    [Fact]
    public Task Waits_are_counted_while_they_last_and_measured_however_they_end() => RunAsync(
        async test =>
        {
            _ = await test.StartPreparedAsync();
            using var cancelling = new CancellationTokenSource();
            Task<string> cancelled = test.Manager.PrepareNextWorkloadAsync(Request(), cancelling.Token).AsTask();
            Task<string> failed = test.Manager.PrepareNextWorkloadAsync(Request()).AsTask();
            Assert.Equal(2, test.Metrics.Sum("nex.pool.waiting"));
            test.Time.Advance(TimeSpan.FromSeconds(2));
            await cancelling.CancelAsync();
            test.Time.Advance(TimeSpan.FromSeconds(1));
            await test.Manager.StopAsync().Within();

            _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Within());
            _ = await FailsAsync(ProcessManagerError.Stopping, () => failed);
            Assert.Equal(0, test.Metrics.Sum("nex.pool.waiting"));
            Assert.Equal([2.0, 3.0], test.Metrics.All.Where(measurement => measurement.Instrument == "nex.pool.wait.duration").Select(measurement => measurement.Value));
        },
        launcher: new FakeLauncher(number => new FakeAgentPlan { Hello = number == 0 ? FakeHello.Normal : FakeHello.Never }));

    [Fact]
    public Task No_metric_has_an_id_among_its_tags() => RunAsync(async test =>
    {
        FakeAgent agent = await test.StartPreparedAsync();
        _ = await test.Manager.StopProcessAsync(agent.Id).Within();

        string[] known =
        [
            "", "starting", "warm", "prepared", "stopping",
            .. Enum.GetNames<AgentExitCause>(), .. Enum.GetNames<AgentStartFailure>(),
        ];
        Assert.All(test.Metrics.All, measurement => Assert.Contains(measurement.Tag, known));
    });
}
