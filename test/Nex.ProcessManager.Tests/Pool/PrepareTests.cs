using Nex.ProcessManager.Pool;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Workloads;
using Nex.Testing.Fakes;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Pool;

public sealed class PrepareTests
{
    public static TheoryData<Type> FailuresOfTheHost => [typeof(IOException), typeof(UnauthorizedAccessException), typeof(InvalidOperationException)];

    [Fact]
    public Task Prepare_binds_exactly_the_agent_that_was_named() => RunAsync(
        async test =>
        {
            IReadOnlyList<FakeAgent> agents = await test.StartAsync();
            DeployRequest request = Request() with { Limits = new WorkloadLimits { Pids = 7 } };

            await test.Manager.PrepareWorkloadAsync(agents[1].Id, request).Within();

            Assert.Same(request, test.Manager.Lookup(agents[1].Id));
            Assert.Null(test.Manager.Lookup(agents[0].Id));
            Assert.Null(test.Manager.Lookup(agents[2].Id));
            Assert.Equal(7, Assert.Single(agents[1].Limits.Reached)?.Pids);
            Assert.Empty(agents[0].Limits.Reached);
            Assert.Empty(agents[2].Limits.Reached);
        },
        DefaultOptions with { PoolSize = 3 });

    [Fact]
    public Task An_unknown_id_cannot_be_prepared() => RunAsync(async test =>
    {
        _ = await test.StartAsync();

        ProcessManagerException failure = await FailsAsync(ProcessManagerError.UnknownId, () => PrepareAsync(test, "unknown"));

        Assert.Contains("'unknown'", failure.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task An_agent_is_prepared_once_and_keeps_its_request() => RunAsync(async test =>
    {
        DeployRequest first = Request("first");
        FakeAgent agent = await test.StartPreparedAsync(first);

        _ = await FailsAsync(ProcessManagerError.NotWarm, () => PrepareAsync(test, agent.Id));

        Assert.Same(first, test.Manager.Lookup(agent.Id));
    });

    [Fact]
    public Task An_agent_that_starts_cannot_be_prepared() => RunAsync(
        async test =>
        {
            Task starting = test.Manager.StartAsync(test.Delegate);
            FakeAgent agent = await test.Launcher.Launched.AtAsync(0);

            ProcessManagerException failure = await FailsAsync(ProcessManagerError.NotWarm, () => PrepareAsync(test, agent.Id));

            Assert.Contains("starting", failure.Message, StringComparison.Ordinal);
            Assert.Null(test.Manager.Lookup(agent.Id));
            await test.Manager.StopAsync().Within();
            _ = await FailsAsync(ProcessManagerError.Stopping, () => starting);
        },
        launcher: new FakeLauncher(_ => new FakeAgentPlan { Hello = FakeHello.Never }));

    [Fact]
    public Task An_agent_that_stops_cannot_be_prepared() => RunAsync(
        async test =>
        {
            FakeAgent agent = (await test.StartAsync())[0];
            Task stopping = test.Manager.StopProcessAsync(agent.Id);

            _ = await FailsAsync(ProcessManagerError.NotWarm, () => PrepareAsync(test, agent.Id));

            agent.Exit();
            await stopping.Within();
            _ = await FailsAsync(ProcessManagerError.UnknownId, () => PrepareAsync(test, agent.Id));
        },
        launcher: new FakeLauncher(number => new FakeAgentPlan { EndsWithLink = number > 0 }));

    [Fact]
    public Task Before_the_start_nothing_can_be_prepared() => RunAsync(async test =>
    {
        _ = await FailsAsync(ProcessManagerError.NotStarted, () => PrepareAsync(test, "any"));
        _ = await FailsAsync(ProcessManagerError.NotStarted, () => test.Manager.PrepareNextWorkloadAsync(Request()).AsTask());
    });

    [Fact]
    public async Task While_the_launcher_opens_nothing_can_be_prepared()
    {
        var gate = new TaskCompletionSource();
        await RunAsync(
            async test =>
            {
                Task starting = test.Manager.StartAsync(test.Delegate);

                _ = await FailsAsync(ProcessManagerError.NotStarted, () => test.Manager.PrepareNextWorkloadAsync(Request()).AsTask());

                Assert.Equal(PoolState.Filling, test.Manager.Status.State);
                gate.SetResult();
                await starting.Within();
            },
            launcher: new FakeLauncher { OpenGate = gate.Task });
    }

    [Fact]
    public Task After_a_stop_nothing_can_be_prepared() => RunAsync(async test =>
    {
        string id = (await test.StartAsync())[0].Id;
        await test.Manager.StopAsync().Within();

        _ = await FailsAsync(ProcessManagerError.Stopping, () => PrepareAsync(test, id));
        _ = await FailsAsync(ProcessManagerError.Stopping, () => test.Manager.PrepareNextWorkloadAsync(Request()).AsTask());
    });

    [Fact]
    public Task A_request_with_faults_takes_no_agent() => RunAsync(async test =>
    {
        FakeAgent agent = (await test.StartAsync())[0];
        DeployRequest faulty = Request() with { Name = "Not A Name" };

        _ = await Assert.ThrowsAsync<InvalidDeployRequestException>(() => test.Manager.PrepareWorkloadAsync(agent.Id, faulty).Within());
        _ = await Assert.ThrowsAsync<InvalidDeployRequestException>(() => test.Manager.PrepareNextWorkloadAsync(faulty).Within());

        Assert.Equal(1, test.Manager.Status.Warm);
        await PrepareAsync(test, agent.Id);
    });

    [Fact]
    public Task Limits_that_the_host_cannot_apply_take_no_agent() => RunAsync(
        async test =>
        {
            FakeAgent agent = (await test.StartAsync())[0];
            DeployRequest limited = Request() with { Limits = new WorkloadLimits { Cpus = 1 } };

            _ = await FailsAsync(ProcessManagerError.LimitsUnavailable, () => test.Manager.PrepareWorkloadAsync(agent.Id, limited).AsTask());
            _ = await FailsAsync(ProcessManagerError.LimitsUnavailable, () => test.Manager.PrepareNextWorkloadAsync(limited).AsTask());

            Assert.Equal(1, test.Manager.Status.Warm);
            await PrepareAsync(test, agent.Id);
        },
        launcher: new FakeLauncher { LimitsFailure = new ProcessManagerException(ProcessManagerError.LimitsUnavailable, "No processors here.") });

    [Theory]
    [MemberData(nameof(FailuresOfTheHost))]
    public async Task An_agent_whose_limits_cannot_be_applied_ends_and_is_replaced(Type type)
    {
        var failure = (Exception)Activator.CreateInstance(type, "The disk is full.")!;
        var launcher = new FakeLauncher(number => number == 0 ? new FakeAgentPlan { ApplyLimits = _ => throw failure } : new FakeAgentPlan());
        await RunAsync(
            async test =>
            {
                FakeAgent agent = (await test.StartAsync())[0];

                ProcessManagerException reported = await FailsAsync(ProcessManagerError.LimitsUnavailable, () => PrepareAsync(test, agent.Id));

                Assert.Contains("The disk is full.", reported.Message, StringComparison.Ordinal);
                Assert.Equal(AgentExitCause.LimitsFailed, (await test.Delegate.Exited.AtAsync(0)).Cause);
                Assert.NotEqual(agent.Id, await test.Delegate.Started.AtAsync(1));
            },
            launcher: launcher);
    }

    [Fact]
    public Task A_prepare_that_was_cancelled_before_takes_no_agent() => RunAsync(async test =>
    {
        FakeAgent agent = (await test.StartAsync())[0];
        var cancelled = new CancellationToken(canceled: true);

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => test.Manager.PrepareWorkloadAsync(agent.Id, Request(), cancelled).Within());
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => test.Manager.PrepareNextWorkloadAsync(Request(), cancelled).Within());

        Assert.Equal(1, test.Manager.Status.Warm);
    });

    [Fact]
    public Task A_taken_agent_starts_its_replacement_at_once_without_time_passing() => RunAsync(async test =>
    {
        FakeAgent agent = await test.StartPreparedAsync();

        string replacement = await test.Delegate.Started.AtAsync(1);

        Assert.NotEqual(agent.Id, replacement);
        Assert.Equal((1, 1), (test.Manager.Status.Warm, test.Manager.Status.Prepared));
    });

    private static Task PrepareAsync(PoolTest test, string id) => test.Manager.PrepareWorkloadAsync(id, Request()).Within();
}
