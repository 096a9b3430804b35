using Nex.Testing.Fakes;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Pool;

/// <summary>A host that is short of something for a while, and cannot remove what it holds for an agent.</summary>
public sealed class RemovalTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Milestones<string> _tries = new();

    [Fact]
    public Task What_cannot_be_removed_now_is_removed_when_it_can_be() => RunAsync(
        new FakeAgentPlan { Remove = TryAsync },
        async test =>
        {
            FakeAgent agent = await test.StartPreparedAsync();

            Task<AgentExit> stopping = test.Manager.StopProcessAsync(agent.Id);
            await test.Time.PassAsync(Interval);
            _ = await _tries.CountAsync(2);
            Assert.False(stopping.IsCompleted);
            await test.Time.PassAsync(Interval, time: 2);

            AgentExit exit = await stopping.Within();
            Assert.Equal(3, _tries.Reached.Count);
            Assert.DoesNotContain("could not be removed", exit.Detail, StringComparison.Ordinal);
        });

    private Task TryAsync()
    {
        const int failures = 2;
        _tries.Add("");
        return _tries.Reached.Count <= failures ? throw new IOException("Too many open files") : Task.CompletedTask;
    }
}
