using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using Nex.Workloads;
using Nex.Workloads.Artifacts;

namespace Nex.Node;

/// <summary>
/// A node: offers the agents of a workload manager on NATS. It takes over the workload manager: starts it, and stops it with itself. The
/// connection, the identity and the cache stay the caller's, who disposes of them after the node. Every member may be called from any thread.
/// </summary>
public sealed class NexNode : IAsyncDisposable
{
    /// <summary>Makes a node; nothing runs before it is started.</summary>
    /// <param name="options">What it offers.</param>
    /// <param name="identity">Who it is.</param>
    /// <param name="connection">Its connection, which need not be open. It should reconnect for ever (<see cref="NatsOpts.MaxReconnectRetry"/> of -1).</param>
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
        throw new NotImplementedException($"{loggers} {time}");
    }

    /// <summary>The version that nodes and clients of this program tell.</summary>
    public static string Version { get; } = typeof(NexNode).Assembly.GetName().Version!.ToString(3);

    /// <summary>Its id: its public server key (N…).</summary>
    public string Id => throw new NotImplementedException();

    /// <summary>Where it stands now.</summary>
    public NodeStatus Status => throw new NotImplementedException();

    /// <summary>
    /// Completes when it has ended and nothing of it runs: it was stopped, or was in lame duck and its last workload has ended
    /// (<see cref="NodeOptions.StopAfterLastWorkload"/>). Never fails.
    /// </summary>
    public Task Completion => throw new NotImplementedException();

    /// <summary>
    /// Starts the workload manager, subscribes, and says that it is up. Returns when requests are taken. A node starts once in its life;
    /// a start that fails or is cancelled leaves nothing behind.
    /// </summary>
    /// <exception cref="ProcessManager.ProcessManagerException">No agent can be started here; the message says why.</exception>
    /// <exception cref="NatsException">NATS cannot be reached, or refuses this user.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>
    /// Takes no new workload from now on, and says so; those that run go on. There is no way back. May be called again.
    /// </summary>
    public Task EnterLameDuckAsync() => throw new NotImplementedException();

    /// <summary>
    /// Takes no more requests, answers those that are in work, stops every workload (asking first), says that it has ended, and hands all that
    /// to the connection, which stays open. Cancelling kills what is left at once. May be called again.
    /// </summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Stops it.</summary>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);
}
