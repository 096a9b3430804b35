using Microsoft.Extensions.Logging.Abstractions;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;
using Nex.Testing.Fakes;
using Nex.Testing.Files;
using Nex.Testing.Waiting;
using Nex.Workloads.Artifacts;
using Nex.Workloads.Restarts;

namespace Nex.Workloads.Tests;

/// <summary>What tests of the manager share: agents in memory, which do as they are told, and time that the test moves.</summary>
public abstract class WorkloadTest : IAsyncLifetime
{
    internal static readonly RestartOptions Restarts = new()
    {
        InitialDelay = TimeSpan.FromSeconds(1),
        MaxDelay = TimeSpan.FromSeconds(60),
        MaxFailures = 3,
        HalfLife = TimeSpan.FromHours(1),
    };

    private const int CacheBytes = 64 * 1024;

    private readonly TempDirectory _directory = new();

    protected WorkloadTest()
    {
        Cache = OpenCache(_directory);
        Processes = new TroubledProcessManager(new FakeProcessManager(
            new ProcessManagerOptions { PoolSize = 2, PingInterval = TimeSpan.FromDays(1), StopTimeout = TimeSpan.FromHours(1) }, Launcher, Time, NullLogger.Instance));
        Manager = new WorkloadManager(Processes, Cache, new WorkloadManagerOptions { Restarts = Restarts }, timeProvider: Time);
    }

    internal static CancellationToken Token => TestContext.Current.CancellationToken;

    internal FakeLauncher Launcher { get; } = new();

    internal TestTime Time { get; } = new();

    internal ArtifactCache Cache { get; }

    internal TroubledProcessManager Processes { get; }

    internal WorkloadManager Manager { get; }

    public virtual async ValueTask InitializeAsync() => await Manager.StartAsync(Token).Within();

    public async ValueTask DisposeAsync()
    {
        await Manager.DisposeAsync().Within();
        Assert.Empty(Launcher.FindFaults());
        await AssertNothingIsInUseAsync(Cache);
        Cache.Dispose();
        _directory.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A cache that is easily filled.</summary>
    internal static ArtifactCache OpenCache(TempDirectory directory) =>
        new(new ArtifactCacheOptions { Directory = directory["artifacts"], MaxBytes = CacheBytes });

    /// <summary>The artifacts of workloads that are over, and of those that never started, can go: there is room for one that takes it all.</summary>
    internal static async Task AssertNothingIsInUseAsync(ArtifactCache cache) =>
        (await cache.AddAsync(new MemoryStream(new byte[CacheBytes]), cancellationToken: Token).Within()).Dispose();

    internal static DeployRequest Request(string name = "some", bool essential = false) => new() { Name = name, Essential = essential };

    internal Task<Workload> DeployAsync(DeployRequest request) =>
        Manager.DeployAsync(request, ArtifactSource.Bytes("a program"u8.ToArray(), "program"), Token).Within();

    /// <summary>The agent that a workload is on now.</summary>
    internal FakeAgent AgentOf(Workload workload) => Launcher.Find(workload.AgentId!);

    /// <summary>Waits for an event of a workload, the given time that one of that kind happens.</summary>
    internal static async Task<WorkloadEvent> EventAsync(Workload workload, WorkloadEventKind kind, int time = 1)
    {
        return await FindAsync().Within($"{kind} happened {time} times");

        async Task<WorkloadEvent> FindAsync()
        {
            await foreach (WorkloadEvent item in workload.ReadEventsAsync(Token))
            {
                if (item.Kind == kind && --time == 0)
                {
                    return item;
                }
            }

            throw new InvalidOperationException($"The workload ended before {kind} had happened.");
        }
    }

    internal static async Task<List<T>> ReadAllAsync<T>(IAsyncEnumerable<T> items)
    {
        var all = new List<T>();
        await foreach (T item in items.WithCancellation(Token))
        {
            all.Add(item);
        }

        return all;
    }
}
