using NATS.Client.Core;
using Nex.Bench.Harness;
using Nex.Node;
using Nex.ProcessManager;
using Nex.ProcessManager.Configuration;
using Nex.Workloads;
using Nex.Workloads.Artifacts;

namespace Nex.Bench.Running;

/// <summary>A node within this process, as a program has one that uses the library.</summary>
internal sealed class EmbeddedNode : IAsyncDisposable
{
    private readonly NodeIdentity _identity = NodeIdentity.Create();
    private readonly NatsConnection _connection;
    private readonly ArtifactCache _cache;
    private readonly NexNode _node;

    private EmbeddedNode(BenchContext context, RunningNats nats)
    {
        _connection = nats.Connect();
        _cache = new ArtifactCache(new ArtifactCacheOptions { Directory = context.Workspace.NewPath("cache") });
        var workloads = new WorkloadManager(ProcessManagerFactory.Create(RunningPool.Options(context, Sandbox.None, size: 1)), _cache);
        _node = new NexNode(new NodeOptions(), _identity, _connection, workloads, _cache);
    }

    internal string Id => _node.Id;

    internal static async Task<EmbeddedNode> StartAsync(BenchContext context, RunningNats nats)
    {
        var node = new EmbeddedNode(context, nats);
        try
        {
            await node._node.StartAsync(context.CancellationToken);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        await _connection.DisposeAsync();
        _cache.Dispose();
        _identity.Dispose();
    }
}
