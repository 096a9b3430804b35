using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Pool;
using Nex.Testing.Fakes;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Support;

/// <summary>A pool without the manager around it: agents take each step of their lives when a test says so.</summary>
internal sealed class BarePool
{
    private readonly FakeLauncher _launcher = new();

    private BarePool() =>
        Pool = new AgentPool(PoolTest.DefaultOptions, Time, new PoolTelemetry(_launcher.Sandbox, Time, new LogRecorder()), () => Changes++);

    internal TestTime Time { get; } = new();

    internal AgentPool Pool { get; }

    /// <summary>How often it has said that starts may have become due.</summary>
    internal int Changes { get; private set; }

    internal static async Task<BarePool> OpenAsync()
    {
        var bare = new BarePool();
        bare.Pool.BeginOpening();
        bare.Pool.Open();
        await bare._launcher.OpenAsync(CancellationToken.None);
        return bare;
    }

    /// <summary>An agent whose start is due.</summary>
    internal PooledAgent Claim()
    {
        // What died before as soon as it was warm has to be waited for.
        Time.Advance(PoolTest.DefaultOptions.MaxStartBackoff);
        return Pool.ClaimStarts(out _)[0];
    }

    /// <summary>The same, which has said hello.</summary>
    internal async Task<(PooledAgent Pooled, AgentSession Session, FakeAgent Agent)> StartAsync()
    {
        ProcessManagerOptions options = PoolTest.DefaultOptions;
        PooledAgent pooled = Claim();
        var fake = (FakeAgent)await _launcher.LaunchAsync(pooled.Id, new AgentDiagnostics(new LogRecorder(), pooled.Id), CancellationToken.None);
        var session = new AgentSession(pooled.Id, fake, options, Time, new LogRecorder());
        using var deadline = new StartDeadline(pooled.Id, pooled.StopRequested, options.StartTimeout, Time);
        await session.HandshakeAsync(deadline).Within();
        return (pooled, session, fake);
    }

    /// <summary>The same, which is warm.</summary>
    internal async Task<(PooledAgent Pooled, AgentSession Session)> WarmAsync()
    {
        (PooledAgent pooled, AgentSession session, _) = await StartAsync();
        Assert.True(Pool.TryMarkWarm(pooled, session));
        return (pooled, session);
    }
}
