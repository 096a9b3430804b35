using Microsoft.Win32.SafeHandles;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Pool;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Agents;
using Nex.Testing.Files;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Conformance;

/// <summary>Agents that are killed from outside, at every step of their lives.</summary>
public abstract partial class ConformanceTests
{
    [Theory]
    [InlineData(HookedLauncher.Launched)]
    [InlineData(AgentMethods.Hello)]
    public Task An_agent_that_is_killed_while_it_starts_fails_alone_and_leaves_nothing(string step) => KillDuringStartAsync(step);

    [Fact]
    public async Task A_warm_agent_that_is_killed_is_never_handed_out_and_is_replaced()
    {
        await using RealManager host = await StartAsync();
        string id = host.Delegate.Started.Reached[0];

        await KillAsync(host, id);

        AgentExit exit = await host.Delegate.Exited.AtAsync(0);
        Assert.Equal((id, AgentExitCause.ProcessExited), (exit.Id, exit.Cause));
        Assert.NotEqual(id, await host.Manager.PrepareNextWorkloadAsync(Any).Within());
    }

    [Fact]
    public async Task A_deploy_to_an_agent_that_is_killed_meanwhile_is_answered()
    {
        await using RealManager host = await StartHookedAsync(Options, async (host, step) =>
        {
            if (step is { Number: 1, Name: AgentMethods.Deploy })
            {
                await KillAsync(host, step.AgentId);
            }

            return true;
        });
        IAgent agent = host.Manager.GetAgent(await host.Manager.PrepareNextWorkloadAsync(Any).Within());
        var observer = new ObserverRecorder();
        ArtifactFile artifact = TestPrograms.Artifact("exit");
        using SafeFileHandle open = artifact.Handle;

        DeployException failure = await Assert.ThrowsAsync<DeployException>(() => agent.DeployAsync(artifact, observer).Within());

        Assert.Equal(DeployFailure.AgentLost, failure.Failure);
        Assert.Equal(AgentExitCause.ProcessExited, (await agent.Exited.Within()).Cause);
        Assert.Empty(observer.Exits.Reached);
        Assert.Empty(await host.RunAsync("exit"));
    }

    [Fact]
    public async Task A_workload_whose_agent_is_killed_as_it_tells_the_end_has_one_end_all_the_same()
    {
        await using RealManager host = await StartHookedAsync(Options, async (host, step) =>
        {
            bool isEnd = step is { Number: 1, Name: AgentMethods.Exited };
            await (isEnd ? KillAsync(host, step.AgentId) : Task.CompletedTask);
            return !isEnd;
        });

        RealWorkload workload = await host.DeployAsync("exit", "3");

        Assert.True((await workload.Observer.ExitAsync()).AgentLost);
        _ = await workload.Agent.Exited.Within();
        Assert.Single(workload.Observer.Exits.Reached);
        Assert.Empty(workload.Observer.Faults);
    }

    /// <summary>The first of two agents is killed at a step, and what it says then is not heard; the pool fills with others.</summary>
    private protected async Task KillDuringStartAsync(string at)
    {
        var killed = new TaskCompletionSource<string>();
        await using RealManager host = await StartHookedAsync(Options with { PoolSize = 2 }, async (host, step) =>
        {
            if (step.Number != 1 || step.Name != at || killed.Task.IsCompleted)
            {
                return true;
            }

            await KillAsync(host, step.AgentId);
            killed.SetResult(step.AgentId);
            return false;
        });
        string id = await killed.Task.Within();

        Assert.DoesNotContain(id, host.Delegate.Started.Reached);
        Assert.Equal((PoolState.Full, 2), (host.Manager.Status.State, host.Manager.Status.Warm));
        Assert.Contains(host.Log.Lines.Reached, line => line.Text.Contains($"Agent {id} did not become warm", StringComparison.Ordinal));
        Assert.Empty(Directory.EnumerateDirectories(host.Options.RunDirectory, id, SearchOption.AllDirectories));
        Assert.Empty(await host.RunAsync("exit"));
    }
}
