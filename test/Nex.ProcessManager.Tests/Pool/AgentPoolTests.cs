using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Pool;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Fakes;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Pool;

/// <summary>What the pool knows between two steps of an agent's life, which from outside is seen only when the host is slow.</summary>
public sealed class AgentPoolTests
{
    /// <summary>Between the death of an agent and the moment at which its life takes it out of the pool, nobody gets it either.</summary>
    [Fact]
    public async Task An_agent_that_is_known_to_be_dead_is_never_handed_out()
    {
        BarePool bare = await BarePool.OpenAsync();
        (PooledAgent pooled, AgentSession session, FakeAgent agent) = await bare.StartAsync();
        Assert.True(bare.Pool.TryMarkWarm(pooled, session));
        agent.Exit(signal: 9);
        await session.Over.Within();

        Assert.Throws<ProcessManagerException>(() => bare.Pool.Prepare(pooled.Id, Request()));
        ValueTask<PooledAgent> wait = bare.Pool.PrepareNextAsync(Request(), CancellationToken.None);
        Assert.False(wait.IsCompleted);

        // Nor does one that dies on its last step to the pool go to somebody who waits.
        (PooledAgent dead, AgentSession deadSession, FakeAgent deadAgent) = await bare.StartAsync();
        deadAgent.Exit(signal: 9);
        await deadSession.Over.Within();
        _ = bare.Pool.TryMarkWarm(dead, deadSession);
        Assert.False(wait.IsCompleted);

        (PooledAgent alive, _) = await bare.WarmAsync();
        Assert.Same(alive, await wait.Within());
    }

    [Fact]
    public async Task An_agent_that_was_asked_to_end_on_its_last_step_to_the_pool_does_not_become_warm()
    {
        BarePool bare = await BarePool.OpenAsync();
        (PooledAgent pooled, AgentSession session, _) = await bare.StartAsync();
        bare.Pool.RequestStop(pooled, AgentExitCause.Stopped);

        Assert.False(bare.Pool.TryMarkWarm(pooled, session));

        Assert.Equal((0, 0, 1), Counts(bare));
    }

    [Fact]
    public async Task An_agent_that_is_one_too_many_is_counted_as_stopping_and_not_as_starting()
    {
        BarePool bare = await BarePool.OpenAsync();
        using var cancelling = new CancellationTokenSource();
        (PooledAgent first, AgentSession firstSession, _) = await bare.StartAsync();
        ValueTask<PooledAgent> wait = bare.Pool.PrepareNextAsync(Request(), cancelling.Token);
        (PooledAgent second, AgentSession secondSession, _) = await bare.StartAsync();
        await cancelling.CancelAsync();
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.AsTask()).Within();
        Assert.True(bare.Pool.TryMarkWarm(first, firstSession));

        Assert.False(bare.Pool.TryMarkWarm(second, secondSession));

        Assert.Equal((0, 1, 1), Counts(bare));
    }

    /// <summary>Its files may take long to be removed: the next start does not wait for that.</summary>
    [Fact]
    public async Task An_agent_whose_start_failed_is_counted_as_stopping_and_not_as_starting()
    {
        BarePool bare = await BarePool.OpenAsync();
        bare.Pool.StartFailed(bare.Claim(), new AgentStartException(AgentStartFailure.NotStarted, "It did not."));

        Assert.Equal((0, 0, 1), Counts(bare));
        Assert.Empty(bare.Pool.ClaimStarts(out TimeSpan? retryIn));
        Assert.NotNull(retryIn);
        _ = bare.Claim();
    }

    /// <summary>What makes a start due is told when it happens, and not only when nothing is left of an agent.</summary>
    [Theory]
    [InlineData("prepared")]
    [InlineData("dead")]
    [InlineData("asked to end")]
    [InlineData("lost")]
    public async Task A_start_that_has_become_due_is_told_at_once(string what)
    {
        BarePool bare = await BarePool.OpenAsync();
        PooledAgent agent = what == "lost" ? bare.Claim() : (await bare.WarmAsync()).Pooled;
        int before = bare.Changes;

        switch (what)
        {
            case "prepared":
                _ = bare.Pool.Prepare(agent.Id, Request());
                break;
            case "dead":
                bare.Pool.Leave(agent);
                break;
            case "asked to end":
                bare.Pool.RequestStop(agent, AgentExitCause.Stopped);
                break;
            default:
                bare.Pool.StartFailed(agent, new AgentStartException(AgentStartFailure.NotStarted, "It did not."));
                break;
        }

        Assert.Equal(before + 1, bare.Changes);
        _ = bare.Claim();
    }

    [Fact]
    public async Task A_pool_that_entered_lame_duck_while_it_was_opened_starts_nothing()
    {
        BarePool bare = await BarePool.OpenAsync();
        _ = bare.Pool.EnterLameDuck();

        bare.Pool.Open();

        Assert.Equal(PoolState.LameDuck, bare.Pool.Status.State);
        Assert.Empty(bare.Pool.ClaimStarts(out _));
    }

    /// <summary>The second who asks for it is answered no earlier than the first.</summary>
    [Fact]
    public async Task Lame_duck_names_the_agents_whose_end_has_not_been_told_yet_too()
    {
        BarePool bare = await BarePool.OpenAsync();
        (PooledAgent agent, _) = await bare.WarmAsync();
        Assert.Equal([agent], bare.Pool.EnterLameDuck());
        var exit = new AgentExit { Id = agent.Id, Cause = AgentExitCause.LameDuck, Killed = false, Detail = "It ended." };
        bare.Pool.Remove(agent, exit);

        Assert.Equal([agent], bare.Pool.EnterLameDuck());

        bare.Pool.SetGone(agent, exit);
        Assert.Empty(bare.Pool.EnterLameDuck());
    }

    private static (int Starting, int Warm, int Stopping) Counts(BarePool bare)
    {
        PoolStatus status = bare.Pool.Status;
        return (status.Starting, status.Warm, status.Stopping);
    }
}
