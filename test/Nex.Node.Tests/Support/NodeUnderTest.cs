using NATS.Client.Core;
using Nex.ProcessManager;
using Nex.ProcessManager.Configuration;
using Nex.Testing.Files;
using Nex.Testing.Nats;
using Nex.Testing.Processes;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;
using Nex.Workloads;
using Nex.Workloads.Artifacts;
using Nex.Workloads.Restarts;

namespace Nex.Node.Tests.Support;

/// <summary>A node with real agents. When the test is over it is stopped, and nothing of it may run.</summary>
internal sealed class NodeUnderTest : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly NatsConnection _connection;
    private readonly ArtifactCache _cache;

    private NodeUnderTest(NatsServer server, NodeOptions options, ProcessManagerOptions processes, TimeProvider? time, Func<NatsOpts, NatsOpts>? connect)
    {
        NatsOpts connection = NatsOpts.Default with
        {
            Url = server.Url,
            // Other tests keep the host busy.
            ConnectTimeout = Deadline.Length,
            RequestReplyMode = NatsRequestReplyMode.Direct,
            ReconnectWaitMin = TimeSpan.FromMilliseconds(20),
            ReconnectWaitMax = TimeSpan.FromMilliseconds(100),
            ReconnectJitter = TimeSpan.FromMilliseconds(20),
        };
        _connection = new NatsConnection(connect?.Invoke(connection) ?? connection);
        _cache = new ArtifactCache(new ArtifactCacheOptions { Directory = _directory["cache"] });
        var workloads = new WorkloadManager(
            ProcessManagerFactory.Create(processes with { RunDirectory = _directory["run"], CgroupParent = null }, Log),
            _cache,
            new WorkloadManagerOptions { Restarts = new RestartOptions { InitialDelay = TimeSpan.FromMilliseconds(20) } });
        Node = new NexNode(options with { Sandbox = processes.Sandbox }, Identity, _connection, workloads, _cache, Log, time);
    }

    internal NexNode Node { get; }

    internal NodeIdentity Identity { get; } = NodeIdentity.Create();

    internal LogRecorder Log { get; } = new();

    internal string Id => Node.Id;

    internal INatsConnection Connection => _connection;

    /// <summary>Restarts the server, and waits until the node listens there again.</summary>
    internal async Task RestartAsync(NatsServer server)
    {
        var back = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _connection.ConnectionOpened += OnOpened;
        await server.RestartAsync();
        await back.Task.Within();
        _connection.ConnectionOpened -= OnOpened;
        // What it has asked the server for before this is done.
        _ = await _connection.PingAsync().Within();

        ValueTask OnOpened(object? sender, NatsEventArgs arguments)
        {
            back.TrySetResult();
            return ValueTask.CompletedTask;
        }
    }

    internal ArtifactCache Cache => _cache;

    /// <summary>Where all is that it keeps.</summary>
    internal string Directory => _directory.Path;

    /// <summary>The processes of its agents, and what runs on them.</summary>
    internal IReadOnlyList<LiveProcess> Processes => LiveProcesses.With(_directory.Path);

    internal static ProcessManagerOptions OptionsOf(Sandbox sandbox = Sandbox.None) => new()
    {
        Sandbox = sandbox,
        PoolSize = 2,
        StartTimeout = TimeSpan.FromSeconds(20),
        PingTimeout = TimeSpan.FromSeconds(20),
        ExitTimeout = TimeSpan.FromSeconds(20),
    };

    /// <param name="connect">Changes how it connects.</param>
    internal static NodeUnderTest Create(
        NatsServer server, NodeOptions? options = null, ProcessManagerOptions? processes = null, TimeProvider? time = null, Func<NatsOpts, NatsOpts>? connect = null) =>
        new(server, options ?? new NodeOptions(), processes ?? OptionsOf(), time, connect);

    /// <inheritdoc cref="Create"/>
    internal static async Task<NodeUnderTest> StartAsync(
        NatsServer server, NodeOptions? options = null, ProcessManagerOptions? processes = null, TimeProvider? time = null, Func<NatsOpts, NatsOpts>? connect = null)
    {
        NodeUnderTest node = Create(server, options, processes, time, connect);
        try
        {
            await node.Node.StartAsync().Within();
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
        // A test that has failed must not wait for workloads that are stubborn.
        await Node.StopAsync(new CancellationToken(canceled: true)).Within();
        await _connection.DisposeAsync().Within();
        _cache.Dispose();
        Identity.Dispose();
        _directory.Dispose();
    }
}
