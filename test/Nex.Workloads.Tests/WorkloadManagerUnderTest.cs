using Microsoft.Extensions.Logging.Abstractions;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;
using Nex.Testing.Fakes;
using Nex.Testing.Files;
using Nex.Testing.Waiting;
using Nex.Workloads.Artifacts;

namespace Nex.Workloads.Tests;

/// <summary>A manager whose agents behave as the test says from the first on.</summary>
internal sealed class WorkloadManagerUnderTest : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly ArtifactCache _cache;

    internal WorkloadManagerUnderTest(WorkloadManagerOptions options, FakeLauncher? launcher = null)
    {
        Launcher = launcher ?? new FakeLauncher();
        _cache = WorkloadTest.OpenCache(_directory);
        var ofProcesses = new ProcessManagerOptions { PoolSize = 1, PingInterval = TimeSpan.FromDays(1), StartTimeout = TimeSpan.FromHours(1) };
        var processes = new FakeProcessManager(ofProcesses, Launcher, Time, NullLogger.Instance);
        Manager = new WorkloadManager(processes, _cache, options, timeProvider: Time);
    }

    internal FakeLauncher Launcher { get; }

    internal TestTime Time { get; } = new();

    internal WorkloadManager Manager { get; }

    internal static Task<WorkloadManagerUnderTest> StartAsync(Func<int, FakeAgentPlan> plan) => StartAsync(new FakeLauncher(plan));

    internal static async Task<WorkloadManagerUnderTest> StartAsync(FakeLauncher launcher)
    {
        var manager = new WorkloadManagerUnderTest(new WorkloadManagerOptions { Restarts = WorkloadTest.Restarts }, launcher);
        await manager.Manager.StartAsync(TestContext.Current.CancellationToken).Within();
        return manager;
    }

    internal Task<Workload> DeployAsync(DeployRequest request) =>
        Manager.DeployAsync(request, ArtifactSource.Bytes([1, 2, 3]), TestContext.Current.CancellationToken).Within();

    public async ValueTask DisposeAsync()
    {
        await Manager.StopAsync(new CancellationToken(canceled: true)).Within();
        Assert.Empty(Launcher.FindFaults());
        await WorkloadTest.AssertNothingIsInUseAsync(_cache);
        _cache.Dispose();
        _directory.Dispose();
    }
}
