using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Workloads;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Launchers.Spawning;

public sealed class LifecycleTests
{
    public static TheoryData<Sandbox> Sandboxes => RealManager.Sandboxes;

    /// <summary>The agent itself, inside of what is around it.</summary>
    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task A_warm_agent_that_is_killed_is_never_handed_out_and_is_replaced(Sandbox sandbox)
    {
        await using RealManager host = await RealManager.StartAsync(sandbox);
        string id = host.Delegate.Started.Reached[0];

        Assert.True(LiveProcesses.Agent(id).Identity.TryKill());

        Assert.Equal(id, (await host.Delegate.Exited.AtAsync(0)).Id);
        Assert.NotEqual(id, await host.Manager.PrepareNextWorkloadAsync(new DeployRequest { Name = "next" }).Within());
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    [Trait("Category", "Many")]
    public async Task Two_hundred_agents_start_and_stop_and_leave_nothing(Sandbox sandbox)
    {
        await using RealManager host = await RealManager.StartAsync(RealManager.OptionsOf(sandbox) with { PoolSize = 200, MaxConcurrentStarts = 8 });

        Assert.Equal(200, host.Manager.Status.Warm);
        await host.Manager.StopAsync().Within();

        host.AssertNothingIsLeft();
    }
}
