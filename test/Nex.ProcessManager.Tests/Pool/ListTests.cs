using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Workloads;
using Nex.Testing.Fakes;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Pool;

public sealed class ListTests
{
    [Fact]
    public Task Before_and_after_its_life_a_manager_lists_nothing_and_knows_nobody() => RunAsync(async test =>
    {
        AssertEmpty("any");
        FakeAgent agent = await test.StartPreparedAsync();
        await test.Manager.StopAsync().Within();
        AssertEmpty(agent.Id);

        void AssertEmpty(string id)
        {
            Assert.Empty(test.Manager.ListProcesses());
            Assert.Null(test.Manager.Lookup(id));
            Assert.Equal(ProcessManagerError.UnknownId, Assert.Throws<ProcessManagerException>(() => test.Manager.GetAgent(id)).Error);
        }
    });

    [Fact]
    public Task Agents_with_a_request_are_listed_oldest_first_those_that_stop_included() => RunAsync(
        async test =>
        {
            IReadOnlyList<FakeAgent> agents = await StartOneByOneAsync(test, endsWithLink: number => number > 0);
            DeployRequest first = Request("first") with { Namespace = "one" };
            DeployRequest second = Request("second") with { Namespace = "two" };
            await test.Manager.PrepareWorkloadAsync(agents[1].Id, second).Within();
            await test.Manager.PrepareWorkloadAsync(agents[0].Id, first).Within();

            Task stopping = test.Manager.StopProcessAsync(agents[0].Id);

            Assert.Equal(
                [new ProcessInfo(first, agents[0].Id, "first", "one"), new ProcessInfo(second, agents[1].Id, "second", "two")],
                test.Manager.ListProcesses());
            Assert.Same(first, test.Manager.Lookup(agents[0].Id));
            agents[0].Exit();
            await stopping.Within();
            Assert.Equal(agents[1].Id, Assert.Single(test.Manager.ListProcesses()).Id);
        },
        DefaultOptions with { PoolSize = 3, MaxConcurrentStarts = 1 });

    [Fact]
    public Task A_list_is_the_picture_of_one_moment() => RunAsync(async test =>
    {
        FakeAgent agent = await test.StartPreparedAsync();
        IReadOnlyList<ProcessInfo> before = test.Manager.ListProcesses();

        _ = await test.Manager.StopProcessAsync(agent.Id).Within();

        Assert.Equal(agent.Id, Assert.Single(before).Id);
        Assert.Empty(test.Manager.ListProcesses());
    });

    [Fact]
    public Task A_warm_agent_has_no_request_and_is_not_given_out_by_its_id() => RunAsync(async test =>
    {
        FakeAgent agent = (await test.StartAsync())[0];

        Assert.Null(test.Manager.Lookup(agent.Id));
        Assert.Empty(test.Manager.ListProcesses());
        ProcessManagerException failure = Assert.Throws<ProcessManagerException>(() => test.Manager.GetAgent(agent.Id));
        Assert.Equal((ProcessManagerError.NotPrepared, $"Agent '{agent.Id}' has not been prepared for a workload."), (failure.Error, failure.Message));
    });

    [Fact]
    public Task Ids_are_those_of_the_launched_agents_and_sort_by_age() => RunAsync(
        async test =>
        {
            IReadOnlyList<FakeAgent> agents = await StartOneByOneAsync(test, endsWithLink: _ => true);

            Assert.Equal(agents.Select(agent => agent.Id).Order(), test.Delegate.Started.Reached.Order());
            Assert.Equal(agents.Select(agent => agent.Id).Order(StringComparer.Ordinal), agents.Select(agent => agent.Id));
        },
        DefaultOptions with { PoolSize = 3, MaxConcurrentStarts = 1 });

    [Fact]
    public Task A_null_is_no_id_no_request_and_no_delegate() => RunAsync(async test =>
    {
        _ = await test.StartAsync();

        Assert.Throws<ArgumentNullException>(() => test.Manager.Lookup(null!));
        Assert.Throws<ArgumentNullException>(() => test.Manager.GetAgent(null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => test.Manager.StopProcessAsync(null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => test.Manager.StartAsync(null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => test.Manager.PrepareWorkloadAsync(null!, Request()).AsTask());
        await Assert.ThrowsAsync<ArgumentNullException>(() => test.Manager.PrepareNextWorkloadAsync(null!).AsTask());
    });

    /// <summary>Ids tell the age of agents to the millisecond, so one passes between their starts.</summary>
    private static Task<IReadOnlyList<FakeAgent>> StartOneByOneAsync(PoolTest test, Func<int, bool> endsWithLink)
    {
        test.Launcher.Plan = number =>
        {
            test.Time.Advance(TimeSpan.FromMilliseconds(1));
            return new FakeAgentPlan { EndsWithLink = endsWithLink(number) };
        };
        return test.StartAsync();
    }
}
