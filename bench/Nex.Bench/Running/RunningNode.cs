using Nex.Bench.Harness;
using Nex.ProcessManager;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;
using Nex.Workloads;
using Nex.Workloads.Artifacts;

namespace Nex.Bench.Running;

/// <summary>A workload manager with its process manager and its cache.</summary>
internal sealed class RunningNode : IAsyncDisposable
{
    private readonly ArtifactCache _cache;
    private readonly WorkloadManager _workloads;
    private readonly CancellationToken _cancellationToken;

    private RunningNode(BenchContext context, ArtifactCache cache, ProcessManagerOptions options)
    {
        IProcessManager processes = ProcessManagerFactory.Create(options);
        _cache = cache;
        _workloads = new WorkloadManager(processes, cache);
        Pool = new RunningPool(processes, new PoolWatch(processes, context.CancellationToken));
        _cancellationToken = context.CancellationToken;
    }

    /// <summary>Its process manager, which ends with it.</summary>
    internal RunningPool Pool { get; }

    /// <summary>Starts one with a few warm agents.</summary>
    internal static async Task<RunningNode> StartAsync(BenchContext context, Sandbox sandbox, int poolSize = 2)
    {
        ProcessManagerOptions options = RunningPool.Options(context, sandbox, poolSize);
        await RunningPool.RequireAsync(options);
        var node = new RunningNode(context, new ArtifactCache(new ArtifactCacheOptions { Directory = context.Workspace.NewPath("cache") }), options);
        try
        {
            await node._workloads.StartAsync(node.Pool.Watch, context.CancellationToken);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Puts a program into the cache.</summary>
    /// <returns>The request that deploys it from there.</returns>
    internal async Task<DeployRequest> AddAsync(string program, params IReadOnlyList<string> arguments)
    {
        using ArtifactLease lease = await _cache.AddFileAsync(program, cancellationToken: _cancellationToken);
        return new DeployRequest { Name = "bench", Argv = arguments, Hash = lease.Sha256 };
    }

    /// <summary>Waits until no agent is being started or ended, so that the last deploy does not disturb the next.</summary>
    internal Task QuietAsync() => Pool.Watch.QuietAsync();

    /// <summary>Deploys a program that is in the cache.</summary>
    internal Task<Workload> DeployAsync(DeployRequest request) =>
        _workloads.DeployAsync(request, ArtifactSource.Bytes([]), _cancellationToken);

    /// <summary>Waits for the next line that it writes, from the first on.</summary>
    internal async Task<LogLine> FirstLineAsync(Workload workload)
    {
        await foreach (LogLine line in workload.ReadLogsAsync(_cancellationToken))
        {
            return line;
        }

        throw new InvalidOperationException("The workload ended without a line.");
    }

    internal Task StopAsync() => _workloads.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _workloads.DisposeAsync();
        _cache.Dispose();
    }
}
