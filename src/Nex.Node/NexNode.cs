using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Client.Core;
using Nex.Node.Artifacts;
using Nex.Node.Connections;
using Nex.Node.Control;
using Nex.Node.Publishing;
using Nex.Workloads;
using Nex.Workloads.Artifacts;

namespace Nex.Node;

/// <summary>
/// A node: offers the agents of a workload manager on NATS. It takes over the workload manager: starts it, and stops it with itself. The
/// connection, the identity and the cache stay the caller's, who disposes of them after the node. Every member may be called from any thread.
/// </summary>
public sealed partial class NexNode : IAsyncDisposable
{
    // How long the end waits for a NATS server that is away, before what it would have been told is given up.
    private static readonly TimeSpan FarewellTimeout = TimeSpan.FromSeconds(5);

    private readonly INatsConnection _connection;
    private readonly WorkloadManager _workloads;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConnectionWatch _watch;
    private readonly Publisher _publisher;
    private readonly NodeCore _core;
    private readonly NodeAnnouncer _announcer;
    private readonly ControlServer _server;
    private readonly ControlRoute[] _routes;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _ending = new();
    private readonly CancellationTokenSource _force = new();
    private readonly Lock _lock = new();
    private NodeState _state = NodeState.Created;
    private Task _starting = Task.CompletedTask;
    private Task? _stopping;

    /// <summary>Makes a node; nothing runs before it is started.</summary>
    /// <param name="options">What it offers.</param>
    /// <param name="identity">Who it is.</param>
    /// <param name="connection">
    /// Its connection, which need not be open. It should reconnect for ever (<see cref="NatsOpts.MaxReconnectRetry"/> of -1), and ask the server often
    /// whether it is there (<see cref="NatsOpts.PingInterval"/>): as long as it does not notice that a server is gone, what there is to say waits.
    /// </param>
    /// <param name="workloads">Not started yet.</param>
    /// <param name="artifacts">The cache that the workload manager uses too.</param>
    /// <param name="loggers">Where it reports; nowhere by default.</param>
    /// <param name="time">Where all its time comes from; the system's by default.</param>
    /// <exception cref="ArgumentException">The options have faults; all are listed.</exception>
    public NexNode(
        NodeOptions options,
        NodeIdentity identity,
        INatsConnection connection,
        WorkloadManager workloads,
        ArtifactCache artifacts,
        ILoggerFactory? loggers = null,
        TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(workloads);
        ArgumentNullException.ThrowIfNull(artifacts);
        options.ThrowIfInvalid();
        _connection = connection;
        _workloads = workloads;
        _time = time ?? TimeProvider.System;
        _logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger<NexNode>();
        _watch = new ConnectionWatch(connection, _time, _logger);
        _publisher = new Publisher(_watch, options, _time, _logger);
        _core = new NodeCore(options, identity, _publisher, _time, _logger, StopWhenIdle);
        _announcer = new NodeAnnouncer(_core, _publisher);
        _server = new ControlServer(connection, _watch, options.MaxConcurrentRequests, _time, _logger);
        _routes = Routes(new ArtifactFetcher(connection, options, _time, _logger));
    }

    /// <summary>The version that it tells.</summary>
    public static string Version { get; } = typeof(NexNode).Assembly.GetName().Version!.ToString(3);

    /// <summary>Its id: its public server key (N…).</summary>
    public string Id => _core.Id;

    /// <summary>Where it stands now.</summary>
    public NodeStatus Status
    {
        get
        {
            lock (_lock)
            {
                return new NodeStatus
                {
                    State = _state == NodeState.Running && _core.IsLameDuck ? NodeState.LameDuck : _state,
                    Id = _core.Id,
                    Name = _core.Name,
                    Tags = _core.Tags,
                    Uptime = _core.Uptime,
                    Connected = _watch.IsOpen,
                    Workloads = _core.Deployed.Count,
                    Pool = _workloads.PoolStatus,
                    BufferedMessages = _publisher.Waiting,
                };
            }
        }
    }

    /// <summary>Whether requests of some kind are not read any more, for a reason that was not foreseen.</summary>
    internal bool IsDeaf => _server.IsDeaf;

    /// <summary>
    /// Completes when it has ended and nothing of it runs: it was stopped, or was in lame duck and its last workload has ended
    /// (<see cref="NodeOptions.StopAfterLastWorkload"/>). Never fails.
    /// </summary>
    public Task Completion => _completion.Task;

    /// <summary>
    /// Starts the workload manager, subscribes, and says that it is up. Returns when requests are taken. A node starts once in its life;
    /// a start that fails or is cancelled leaves nothing behind.
    /// </summary>
    /// <exception cref="ProcessManager.ProcessManagerException">No agent can be started here; the message says why.</exception>
    /// <exception cref="NatsException">NATS cannot be reached, or refuses this user.</exception>
    /// <exception cref="InvalidOperationException">It has been started or stopped before.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        Task starting;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ending.Token);
        lock (_lock)
        {
            if (_state != NodeState.Created)
            {
                throw new InvalidOperationException($"Node {Id} has been started or stopped already: make another.");
            }

            _state = NodeState.Starting;
            starting = _starting = Task.Run(() => StartCoreAsync(either.Token), CancellationToken.None);
        }

        try
        {
            await starting.ConfigureAwait(false);
        }
        catch
        {
            await StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Takes no new workload from now on, and says so; those that run go on. There is no way back. Returns when it has been said and the
    /// agents without a workload have ended. May be called again.
    /// </summary>
    public Task EnterLameDuckAsync()
    {
        if (_core.TryEnterLameDuck())
        {
            LogLameDuck(_logger, _core.Deployed.Count);
            _announcer.LameDuck();
        }

        StopWhenIdle();
        return _workloads.EnterLameDuckAsync();
    }

    /// <summary>
    /// Takes no more requests, answers those that are in work, stops every workload (asking first), says that it has ended, and hands all that
    /// to the connection, which stays open. Cancelling kills what is left at once. May be called again.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        Task stopping;
        lock (_lock)
        {
            stopping = _stopping ??= Task.Run(StopCoreAsync, CancellationToken.None);
        }

        await using CancellationTokenRegistration forcing = cancellationToken.UnsafeRegister(_ => _force.Cancel(), null);
        await stopping.ConfigureAwait(false);
    }

    /// <summary>Stops it.</summary>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);
}
