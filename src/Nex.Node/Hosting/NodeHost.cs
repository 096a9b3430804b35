using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Client.Core;
using Nex.Control.Connections;
using Nex.Node.Configuration;
using Nex.Node.Servers;
using Nex.Node.Systemd;
using Nex.Node.Telemetry;
using Nex.ProcessManager;
using Nex.Workloads;
using Nex.Workloads.Artifacts;

namespace Nex.Node.Hosting;

/// <summary>
/// A whole node from a configuration, and its life: the servers, the connection, the pool and the node itself, started in this order and stopped in
/// reverse. It runs once.
/// </summary>
public sealed partial class NodeHost
{
    // A server on a busy host takes its time to greet.
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    // A server that stalls, and does not end, is left after three of these.
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(10);

    private readonly NodeSettings _settings;
    private readonly NodeConfiguration _configuration;
    private readonly NatsSettings? _nats;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource<NodeStatus> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Makes a host; nothing runs before it is run.</summary>
    /// <param name="configuration">How the node is.</param>
    /// <param name="nats">The NATS system to join, above what the configuration says of it; null for that.</param>
    /// <param name="loggers">Where it reports; nowhere by default.</param>
    /// <param name="time">Where all its time comes from; the system's by default.</param>
    public NodeHost(NodeConfiguration configuration, NatsSettings? nats = null, ILoggerFactory? loggers = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        _configuration = configuration;
        _settings = configuration.Settings;
        _nats = nats is null || _settings.Nats is null ? nats ?? _settings.Nats : nats.Over(_settings.Nats);
        _loggers = loggers ?? NullLoggerFactory.Instance;
        _logger = _loggers.CreateLogger<NodeHost>();
        _time = time ?? TimeProvider.System;
    }

    /// <summary>Completes when the node takes requests. Where it never does, that is said by <see cref="RunAsync"/> alone.</summary>
    public Task<NodeStatus> Ready => _ready.Task;

    /// <summary>Where the NATS system is that it is on, without credentials; null before <see cref="Ready"/>.</summary>
    public string? NatsUrl { get; private set; }

    /// <summary>Whether that is a server of the node's own, which it alone and this user can log in to.</summary>
    public bool HasPrivateServer { get; private set; }

    /// <summary>Starts the node, and returns when it has ended and nothing of it is left.</summary>
    /// <param name="graceful">
    /// Ends it: no new workloads; those that run may end by themselves for the drain timeout, and are asked to for the stop timeout. During a start, it gives that up.
    /// </param>
    /// <param name="forced">Ends it at once.</param>
    /// <exception cref="NodeHostException">It could not be started; the message says why.</exception>
    /// <exception cref="OperationCanceledException">It was ended before it was up.</exception>
    public async Task RunAsync(CancellationToken graceful, CancellationToken forced = default)
    {
        foreach (string warning in _configuration.Warnings)
        {
            LogConfiguration(_logger, warning);
        }

        using var starting = CancellationTokenSource.CreateLinkedTokenSource(graceful, forced);
        using SystemdNotifier systemd = SystemdNotifier.Create(_logger, _time);
        using DataDirectory directory = DataDirectory.Take(_settings.DataDirectory);
        using NodeIdentity identity = LoadIdentity();
        using NodeTelemetryExporters telemetry = StartTelemetry(identity);
        await using NodeServers servers = await StartServersAsync(starting.Token).ConfigureAwait(false);
        await using NatsConnection connection = await ConnectAsync(servers, starting.Token).ConfigureAwait(false);
        using ArtifactCache artifacts = OpenArtifacts();
        await using var workloads = new WorkloadManager(
            ProcessManagerFactory.Create(_settings.Agents, _loggers, _time), artifacts, _settings.Workloads, _loggers.CreateLogger<WorkloadManager>(), _time);
        await using var node = new NexNode(_settings.Node, identity, connection, workloads, artifacts, _loggers, _time);
        await StartAsync(node, starting.Token).ConfigureAwait(false);
        Announce(node, servers, systemd);
        await WaitForEndAsync(node, graceful, forced).ConfigureAwait(false);
        systemd.Stopping(_settings.DrainTimeout + _settings.StopTimeout + _settings.StopTimeout);
        await StopAsync(node, workloads, forced).ConfigureAwait(false);
    }

    private NodeIdentity LoadIdentity()
    {
        try
        {
            return NodeIdentity.LoadOrCreate(_settings.DataDirectory);
        }
        catch (Exception failure) when (failure is InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw new NodeHostException(NodeHostFailure.Directory, failure.Message, failure);
        }
    }

    private ArtifactCache OpenArtifacts()
    {
        try
        {
            return new ArtifactCache(_settings.Artifacts, _loggers.CreateLogger<ArtifactCache>(), _time);
        }
        catch (ArtifactException failure)
        {
            throw new NodeHostException(NodeHostFailure.Directory, failure.Message, failure);
        }
    }

    private NodeTelemetryExporters StartTelemetry(NodeIdentity identity)
    {
        try
        {
            return NodeTelemetryExporters.Start(_settings.Telemetry, identity.Id, _settings.Node.Name ?? identity.Id, _logger);
        }
        catch (InvalidOperationException failure)
        {
            throw new NodeHostException(NodeHostFailure.Telemetry, failure.Message, failure);
        }
    }

    private async Task<NodeServers> StartServersAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await NodeServers.StartAsync(_settings, _nats, _logger, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is ServerStartException or IOException or UnauthorizedAccessException)
        {
            throw new NodeHostException(NodeHostFailure.NatsServer, failure.Message, failure);
        }
    }

    private async Task<NatsConnection> ConnectAsync(NodeServers servers, CancellationToken cancellationToken)
    {
        NatsConnection? connection = null;
        try
        {
            // For ever, and whatever a server says: workloads run on meanwhile, and somebody may be mending it.
            NatsOpts options = servers.Connection.ToOptions(_loggers) with
            {
                ConnectTimeout = ConnectTimeout,
                PingInterval = PingInterval,
                MaxReconnectRetry = -1,
                IgnoreAuthErrorAbort = true,
                RetryOnInitialConnect = false,
            };
            connection = new NatsConnection(options);
            await connection.ConnectAsync().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch (Exception failure)
        {
            if (connection is not null)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }

            throw failure switch
            {
                NatsSettingsException => new NodeHostException(NodeHostFailure.NatsUnreachable, failure.Message, failure),
                NatsException => new NodeHostException(NodeHostFailure.NatsUnreachable, $"NATS cannot be reached at {servers.Connection}: {ConnectionFailure.Describe(servers.Connection, failure)}", failure),
                _ => failure,
            };
        }
    }

    private static async Task StartAsync(NexNode node, CancellationToken cancellationToken)
    {
        try
        {
            await node.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ProcessManagerException failure)
        {
            throw new NodeHostException(NodeHostFailure.Agents, OptionNames.ToKeys(failure.Message), failure);
        }
        catch (NatsException failure)
        {
            throw new NodeHostException(NodeHostFailure.NatsUnreachable, $"NATS does not let the node work: {failure.Message}", failure);
        }
    }

    private void Announce(NexNode node, NodeServers servers, SystemdNotifier systemd)
    {
        NodeStatus status = node.Status;
        string sandbox = _settings.Agents.Sandbox.ToString().ToLowerInvariant();
        LogNats(_logger, servers.Connection.ToString(), servers.IsPrivate ? $", a private server; others of this user use --context {LocalNode.ContextFile(_settings.DataDirectory)}" : "");
        LogUp(_logger, status.Id, status.Name, NexNode.Version, sandbox, _settings.Agents.PoolSize);
        (NatsUrl, HasPrivateServer) = (servers.Connection.ServersText, servers.IsPrivate);
        systemd.Ready($"{status.Name}: sandbox {sandbox}, pool of {_settings.Agents.PoolSize}", () => !node.IsDeaf);
        _ = _ready.TrySetResult(status);
    }

    private static async Task WaitForEndAsync(NexNode node, CancellationToken graceful, CancellationToken forced)
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (graceful.Register(() => asked.TrySetResult()))
        await using (forced.Register(() => asked.TrySetResult()))
        {
            await Task.WhenAny(node.Completion, asked.Task).ConfigureAwait(false);
        }
    }

    private async Task StopAsync(NexNode node, WorkloadManager workloads, CancellationToken forced)
    {
        try
        {
            await DrainAsync(node, workloads, forced).ConfigureAwait(false);
            await node.StopAsync(forced).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (forced.IsCancellationRequested)
        {
            await node.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Takes no new workloads, and lets those that run end by themselves for a while.</summary>
    private async Task DrainAsync(NexNode node, WorkloadManager workloads, CancellationToken forced)
    {
        if (node.Completion.IsCompleted)
        {
            return;
        }

        await node.EnterLameDuckAsync().WaitAsync(forced).ConfigureAwait(false);
        IReadOnlyList<Workload> running = workloads.List();
        if (running.Count > 0 && _settings.DrainTimeout > TimeSpan.Zero)
        {
            LogDraining(_logger, running.Count, _settings.DrainTimeout.TotalSeconds);
            try
            {
                await Task.WhenAll(running.Select(workload => workload.Completion)).WaitAsync(_settings.DrainTimeout, _time, forced).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // They have had their time.
            }
        }
    }

    [LoggerMessage(555, LogLevel.Warning, "{Warning}")]
    private static partial void LogConfiguration(ILogger logger, string warning);

    [LoggerMessage(556, LogLevel.Information, "NATS: {Url}{How}")]
    private static partial void LogNats(ILogger logger, string url, string how);

    [LoggerMessage(557, LogLevel.Information, "Node {Id} ({Name}, version {Version}) is up: sandbox {Sandbox}, a pool of {PoolSize}")]
    private static partial void LogUp(ILogger logger, string id, string name, string version, string sandbox, int poolSize);

    [LoggerMessage(562, LogLevel.Information, "Stopping: {Count} workloads may run on for {Seconds} s, and are stopped then. A second signal ends all at once")]
    private static partial void LogDraining(ILogger logger, int count, double seconds);
}
