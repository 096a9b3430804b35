using NATS.Client.Core;
using Nex.Node;
using Nex.ProcessManager;
using Nex.ProcessManager.Configuration;
using Nex.Testing.Files;
using Nex.Testing.Waiting;
using Nex.Workloads;
using Nex.Workloads.Artifacts;

namespace Nex.Cli.Tests.Support;

/// <summary>A node with real agents, in the process of the test.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly NatsConnection _connection;
    private readonly ArtifactCache _cache;
    private readonly NodeIdentity _identity = NodeIdentity.Create();
    private readonly NexNode _node;

    private TestNode(string server, NodeOptions options)
    {
        _connection = new NatsConnection(NatsOpts.Default with { Url = server });
        _cache = new ArtifactCache(new ArtifactCacheOptions { Directory = _directory["cache"] });
        var processes = new ProcessManagerOptions { Sandbox = Sandbox.None, PoolSize = 1, RunDirectory = _directory["run"], CgroupParent = null };
        _node = new NexNode(
            options with { Sandbox = Sandbox.None }, _identity, _connection, new WorkloadManager(ProcessManagerFactory.Create(processes), _cache), _cache);
    }

    internal string Id => _node.Id;

    internal static async Task<TestNode> StartAsync(string server, NodeOptions options)
    {
        var node = new TestNode(server, options);
        try
        {
            await node._node.StartAsync().Within();
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
        await _node.StopAsync(new CancellationToken(canceled: true)).Within();
        await _connection.DisposeAsync().Within();
        _cache.Dispose();
        _identity.Dispose();
        _directory.Dispose();
    }
}
