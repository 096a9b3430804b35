using System.Text.Json;
using Microsoft.Extensions.Logging;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Agents;
using Nex.Protocol.Workloads;
using Nex.Testing.Fakes;
using Nex.Testing.Files;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Support;

/// <summary>
/// A process manager whose agents and whose time are the test's. When the test is over the manager is stopped, and nothing may be left of
/// it, whatever the test was about.
/// </summary>
internal sealed class PoolTest
{
    /// <summary>
    /// No two times are the same, so that a timer is told by its length, and those of agents are far longer than the waits between starts.
    /// </summary>
    internal static readonly ProcessManagerOptions DefaultOptions = new()
    {
        PoolSize = 1,
        MaxConcurrentStarts = 4,
        StartTimeout = TimeSpan.FromHours(4),
        PingInterval = TimeSpan.FromHours(10),
        PingTimeout = TimeSpan.FromHours(3),
        ExitTimeout = TimeSpan.FromHours(2),
        StopTimeout = TimeSpan.FromHours(20),
        StartFailureLimit = 3,
        StartBackoff = TimeSpan.FromMilliseconds(100),
        MaxStartBackoff = TimeSpan.FromSeconds(5),
        ReplacementDelay = TimeSpan.Zero,
    };

    private PoolTest(ProcessManagerOptions options, FakeLauncher launcher)
    {
        Options = options;
        Launcher = launcher;
        Metrics = new MetricsRecorder(launcher.Sandbox);
        Manager = new FakeProcessManager(options, launcher, Time, Log);
    }

    internal ProcessManagerOptions Options { get; }

    internal TestTime Time { get; } = new();

    internal FakeLauncher Launcher { get; }

    internal LogRecorder Log { get; } = new();

    internal MetricsRecorder Metrics { get; }

    internal DelegateRecorder Delegate { get; } = new();

    internal IProcessManager Manager { get; }

    /// <summary>Whether the node is made to fail in what it does itself.</summary>
    internal bool FailsItself { get; set; }

    /// <summary>How long a workload may take altogether, once it has been asked to end.</summary>
    internal TimeSpan Patience => DeployRequest.DefaultGracePeriod + Options.ExitTimeout;

    /// <summary>Runs a test with a manager that has not been started.</summary>
    internal static async Task RunAsync(Func<PoolTest, Task> body, ProcessManagerOptions? options = null, FakeLauncher? launcher = null)
    {
        var test = new PoolTest(options ?? DefaultOptions, launcher ?? new FakeLauncher());
        using (test.Metrics)
        {
            await body(test);
            Assert.Same(test.Launcher.CloseFailure, await Record.ExceptionAsync(() => test.Manager.StopAsync().Within()));
            if (test.Time.Flies)
            {
                // What the manager had no time to wait for is done behind its stop.
                await test.Launcher.Closed.Within();
            }

            test.AssertNothingIsLeft();
        }
    }

    /// <summary>The same, and one behaviour for all its agents.</summary>
    internal static Task RunAsync(FakeAgentPlan plan, Func<PoolTest, Task> body, ProcessManagerOptions? options = null) =>
        RunAsync(body, options, new FakeLauncher(_ => plan));

    internal static DeployRequest Request(string name = "echo") => new() { Name = name };

    /// <summary>Starts the manager, fills the pool, and lets its agents be warm for so long that the end of one is no failed start.</summary>
    /// <returns>The agents, in the order of their launch.</returns>
    internal async Task<IReadOnlyList<FakeAgent>> StartAsync()
    {
        await Manager.StartAsync(Delegate).Within();
        _ = await Delegate.Started.CountAsync(Options.PoolSize);
        Time.Advance(Options.MaxStartBackoff);
        return Launcher.Launched.Reached;
    }

    /// <summary>Starts the manager, and prepares the first agent.</summary>
    internal async Task<FakeAgent> StartPreparedAsync(DeployRequest? request = null)
    {
        _ = await StartAsync();
        return Launcher.Find(await Manager.PrepareNextWorkloadAsync(request ?? Request()).Within());
    }

    /// <summary>Starts the manager, and a workload on the first agent.</summary>
    internal async Task<(FakeAgent Agent, ObserverRecorder Observer)> StartDeployedAsync(DeployRequest? request = null)
    {
        FakeAgent agent = await StartPreparedAsync(request);
        var observer = new ObserverRecorder();
        await DeployAsync(agent, observer).Within();
        return (agent, observer);
    }

    internal async Task DeployAsync(FakeAgent agent, IWorkloadObserver observer, CancellationToken cancellationToken = default)
    {
        ArtifactFile artifact = TestPrograms.Artifact("program", [1, 2, 3]);
        using (artifact.Handle)
        {
            await Manager.GetAgent(agent.Id).DeployAsync(artifact, observer, cancellationToken);
        }
    }

    /// <summary>Waits until an agent has been asked for something.</summary>
    internal static async Task<T> AskedAsync<T>(FakeAgent agent, string method)
    {
        (_, string parameters) = await agent.Asked.FirstAsync(call => call.Method == method);
        return (T)JsonSerializer.Deserialize(parameters, AgentJsonContext.Default.GetTypeInfo(typeof(T))!)!;
    }

    internal static async Task<ProcessManagerException> FailsAsync(ProcessManagerError error, Func<Task> action)
    {
        ProcessManagerException failure = await Assert.ThrowsAsync<ProcessManagerException>(() => action().Within());
        Assert.Equal(error, failure.Error);
        Assert.NotEmpty(failure.Message);
        return failure;
    }

    /// <summary>Waits until so many starts have failed; their waits pass at once.</summary>
    internal Task FailedStartsAsync(int count)
    {
        Time.LetRetriesPass();
        return Metrics.UntilAsync("nex.agent.exits", nameof(AgentExitCause.StartFailed), count);
    }

    private void AssertNothingIsLeft()
    {
        Assert.Empty(Launcher.FindFaults());
        Assert.Empty(Metrics.FindUnbalanced());
        Assert.Empty(Delegate.Faults);
        if (!Time.Flies)
        {
            Assert.Equal(Delegate.Started.Reached.Order(), Delegate.Exited.Reached.Select(exit => exit.Id).Order());
        }

        Assert.Empty(Manager.ListProcesses());
        Assert.Equal(FailsItself, Log.Lines.Reached.Any(line => line.Level == LogLevel.Critical));
        Assert.Equivalent(
            new { State = Nex.ProcessManager.Pool.PoolState.Stopped, Starting = 0, Warm = 0, Prepared = 0, Stopping = 0, Waiting = 0 },
            Manager.Status);
    }
}
