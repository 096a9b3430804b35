using NATS.Client.Core;
using Nex.Client.Requests;
using Nex.Control;
using Nex.Control.Connections;
using Nex.Control.Messages;

namespace Nex.Client;

/// <summary>
/// A client of nodes on NATS: finds nodes and workloads, deploys and stops, and reads logs and events. It talks to any node of the control
/// API, that of the original system too.
/// </summary>
/// <remarks>
/// Safe for use by many threads at once. What fails throws a <see cref="ControlException"/>, whose fault tells why: the node refuses, nobody
/// answers, NATS cannot be reached. A namespace or an id that cannot be part of a NATS subject throws an <see cref="ArgumentException"/> before
/// anything is sent. Cancelling ends the wait; what a node has begun by then goes on. The trace that a caller is in goes to the node (W3C
/// trace context, in the headers); the client's own spans come from the activity source <c>Nex.Client</c>.
/// </remarks>
public sealed partial class NexClient : IAsyncDisposable
{
    private readonly INatsConnection _connection;
    private readonly CancellationTokenSource _closed = new();
    private readonly Requester _requester;
    private readonly bool _ownsConnection;

    private NexClient(INatsConnection connection, NexClientOptions options, bool ownsConnection)
    {
        _connection = connection;
        _ownsConnection = ownsConnection;
        Options = options;
        _requester = new Requester(connection, options, _closed.Token);
    }

    /// <summary>
    /// The connection, which tells of what a client has no word for: whether it is there, and by its events when it is lost and made again.
    /// </summary>
    public INatsConnection Connection => _connection;

    /// <summary>How it waits.</summary>
    public NexClientOptions Options { get; }

    /// <summary>A client on a connection of the caller, who closes it.</summary>
    public NexClient(INatsConnection connection, NexClientOptions? options = null)
        : this(connection ?? throw new ArgumentNullException(nameof(connection)), options ?? new NexClientOptions(), ownsConnection: false)
    {
    }

    /// <summary>
    /// Connects to NATS. The connection is the client's, and is made again by itself whenever it is lost, however long that takes and whatever a server says.
    /// </summary>
    /// <exception cref="NatsSettingsException">The settings cannot be used.</exception>
    /// <exception cref="ControlException">NATS cannot be reached, or refuses this user.</exception>
    public static async Task<NexClient> ConnectAsync(
        NatsSettings settings, NexClientOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        options ??= new NexClientOptions();
        var connection = new NatsConnection(
            settings.ToOptions(options.LoggerFactory) with
            {
                ConnectTimeout = options.Timeout,
                RequestTimeout = options.Timeout,
                // A server that is being configured anew may refuse a user for a while.
                IgnoreAuthErrorAbort = true,
                MaxReconnectRetry = -1,
            });
        try
        {
            await connection.ConnectAsync().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
            return new NexClient(connection, options with { JetStreamDomain = options.JetStreamDomain ?? settings.JetStreamDomain }, ownsConnection: true);
        }
        catch (Exception failure)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            if (failure is NatsException or NatsSettingsException or IOException)
            {
                throw new ControlException(
                    ControlFault.Unavailable, $"NATS at {settings} cannot be reached: {ConnectionFailure.Describe(settings, failure)}.", failure);
            }

            throw;
        }
    }

    /// <summary>
    /// Asks all nodes who they are. Ends when answers stop coming (<see cref="NexClientOptions.QuietTime"/>), at once when nobody listens, and at
    /// the latest after <see cref="NexClientOptions.Timeout"/>.
    /// </summary>
    /// <returns>One answer for each node, by id; empty when there is none.</returns>
    public async Task<IReadOnlyList<PingReply>> ListNodesAsync(CancellationToken cancellationToken = default)
    {
        List<PingReply> answers = await _requester
            .GatherAsync("client.nodes", ControlSubjects.PingAll, MessageTypes.Ping, ControlJsonContext.Default.PingReply, cancellationToken)
            .ConfigureAwait(false);
        return [.. answers.DistinctBy(answer => answer.NodeId).OrderBy(answer => answer.NodeId, StringComparer.Ordinal)];
    }

    /// <summary>Asks one node who it is.</summary>
    public Task<PingReply> PingAsync(string nodeId, CancellationToken cancellationToken = default) =>
        _requester.AskAsync(
            new Request("client.ping", ControlSubjects.Ping(Token(nodeId)), MessageTypes.Ping, $"node {nodeId}"),
            ControlJsonContext.Default.PingReply, cancellationToken);

    /// <summary>Asks a node about itself and its workloads in one namespace.</summary>
    public Task<InfoReply> GetInfoAsync(string nodeId, string @namespace = DefaultNamespace, CancellationToken cancellationToken = default) =>
        _requester.AskAsync(
            new Request("client.info", ControlSubjects.Info(Token(@namespace), Token(nodeId)), MessageTypes.Info, $"node {nodeId}"),
            ControlJsonContext.Default.InfoReply, cancellationToken);

    /// <summary>Asks all nodes for workloads of a namespace. Ends as <see cref="ListNodesAsync"/> does.</summary>
    /// <param name="nameOrId">The name or the id of a workload; null: all of the namespace.</param>
    /// <returns>One answer for each node that has such workloads.</returns>
    public async Task<IReadOnlyList<WorkloadPingReply>> FindWorkloadsAsync(
        string @namespace = DefaultNamespace, string? nameOrId = null, CancellationToken cancellationToken = default)
    {
        List<WorkloadPingReply> answers = await _requester
            .GatherAsync(
                "client.find", ControlSubjects.WorkloadPing(Token(@namespace), nameOrId is null ? null : Token(nameOrId)), MessageTypes.Ping,
                ControlJsonContext.Default.WorkloadPingReply, cancellationToken)
            .ConfigureAwait(false);
        return [.. answers.DistinctBy(answer => answer.NodeId).OrderBy(answer => answer.NodeId, StringComparer.Ordinal)];
    }

    /// <summary>Tells a node to take no new workloads. Those that run go on.</summary>
    public Task<LameDuckReply> EnterLameDuckAsync(string nodeId, CancellationToken cancellationToken = default) =>
        _requester.AskAsync(
            new Request("client.lameduck", ControlSubjects.LameDuck(Token(nodeId)), MessageTypes.LameDuck, $"node {nodeId}"),
            ControlJsonContext.Default.LameDuckReply, cancellationToken);

    // A wildcard would ask for what belongs to others.
    private static string Token(string text) => ControlSubjects.IsToken(text)
        ? text
        : throw new ArgumentException($"'{text}' cannot be part of a NATS subject: it must be one token, without dots, wildcards and blanks.", nameof(text));

    /// <summary>Ends what waits for answers, and closes the connection where it is the client's own.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        if (_ownsConnection)
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }
    }
}
