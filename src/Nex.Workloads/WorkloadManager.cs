using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nex.ProcessManager;
using Nex.ProcessManager.Pool;
using Nex.Protocol.Identifiers;
using Nex.Protocol.Workloads;
using Nex.Workloads.Artifacts;
using Nex.Workloads.Streams;
using Nex.Workloads.Telemetry;

namespace Nex.Workloads;

/// <summary>
/// Puts workloads on the warm agents of a process manager, and follows each to its end: its logs and events, its restarts, its stop. It takes
/// over the process manager: starts it, and stops it with itself. Every member may be called from any thread at any time.
/// </summary>
public sealed class WorkloadManager : IAsyncDisposable
{
    private readonly IProcessManager _processes;
    private readonly ArtifactCache _artifacts;
    private readonly WorkloadContext _context;
    private readonly CancellationTokenSource _lameDuck = new();
    private readonly ConcurrentDictionary<string, Workload> _workloads = new();

    /// <summary>Makes a manager; nothing runs before it is started.</summary>
    /// <param name="processes">Gives the agents. Not started yet.</param>
    /// <param name="artifacts">Keeps the artifacts. The caller disposes of it, after the manager.</param>
    /// <param name="options">How workloads are followed.</param>
    /// <param name="logger">Where it reports; nowhere by default.</param>
    /// <param name="timeProvider">Where all its time comes from; the system's by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public WorkloadManager(
        IProcessManager processes,
        ArtifactCache artifacts,
        WorkloadManagerOptions? options = null,
        ILogger<WorkloadManager>? logger = null,
        TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(processes);
        ArgumentNullException.ThrowIfNull(artifacts);
        options ??= new WorkloadManagerOptions();
        options.ThrowIfInvalid();
        _processes = processes;
        _artifacts = artifacts;
        var events = new ReplayBuffer<WorkloadEvent>(options.MaxEvents, long.MaxValue, _ => 0);
        _context = new WorkloadContext(
            processes, options, events, timeProvider ?? TimeProvider.System, logger ?? NullLogger<WorkloadManager>.Instance, _lameDuck.Token);
    }

    /// <summary>Where the pool of agents stands, and why it is not full.</summary>
    public PoolStatus PoolStatus => _processes.Status;

    /// <summary>The workloads that have started and are not over, oldest first.</summary>
    public IReadOnlyList<Workload> List() =>
        [.. _workloads.Values.Where(workload => workload.IsAlive).OrderBy(workload => workload.Id, StringComparer.Ordinal)];

    /// <returns>Null for an id that is unknown, and for a workload that has not started or is over.</returns>
    public Workload? Find(string workloadId) => _workloads.GetValueOrDefault(workloadId) is { IsAlive: true } workload ? workload : null;

    /// <summary>What happens to all workloads: the last events that are kept, and then each as it comes, until the manager has stopped.</summary>
    public async IAsyncEnumerable<WorkloadEvent> ReadEventsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach ((WorkloadEvent item, long missed) in _context.Events.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return missed == 0 ? item : item with { Missed = missed };
        }
    }

    /// <summary>Starts the process manager; returns when the first agent is warm.</summary>
    /// <exception cref="ProcessManagerException">No agent can be started here; the message says why.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default) => StartAsync(NoDelegate.Instance, cancellationToken);

    /// <summary>Starts the process manager with a delegate that is told of its agents.</summary>
    /// <exception cref="ProcessManagerException">No agent can be started here; the message says why.</exception>
    public Task StartAsync(IProcessDelegate processDelegate, CancellationToken cancellationToken = default) =>
        _processes.StartAsync(processDelegate, cancellationToken);

    /// <summary>
    /// Deploys a workload: its artifact is put into the cache where it is not there yet, an agent is taken, waiting in line while none is warm,
    /// and the program started on it. Where the request has a hash that is in the cache, the source is not read.
    /// </summary>
    /// <returns>The workload, whose program runs.</returns>
    /// <exception cref="InvalidDeployRequestException">The request has faults; all are listed.</exception>
    /// <exception cref="ArtifactException">The artifact cannot be read, is too large, or is not the one of the request's hash.</exception>
    /// <exception cref="ProcessManagerException">No agent is given, or none has room for the artifact.</exception>
    /// <exception cref="ProcessManager.Agents.DeployException">The program cannot be run; the message says why.</exception>
    /// <exception cref="OperationCanceledException">The deploy was cancelled. As with every failure, nothing of it is left.</exception>
    public async Task<Workload> DeployAsync(DeployRequest request, ArtifactSource source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        DeployRequestValidator.ThrowIfInvalid(request);
        request = request with { Artifact = request.Artifact ?? source.Name };
        long begun = _context.Time.GetTimestamp();
        using Activity? activity = WorkloadTelemetry.Source.StartActivity("workload.deploy");
        try
        {
            Workload workload = await StartAsync(request, source, cancellationToken).ConfigureAwait(false);
            WorkloadTelemetry.DeployDuration.Record(_context.Time.GetElapsedTime(begun).TotalSeconds);
            return workload;
        }
        catch (Exception failure)
        {
            activity?.SetStatus(ActivityStatusCode.Error, failure.Message);
            WorkloadTelemetry.DeployFailures.Add(1, new KeyValuePair<string, object?>("error.type", failure.GetType().Name));
            throw;
        }
    }

    /// <summary>Takes no new workload from now on, and restarts none; those that run go on, and those that wait for a restart end.</summary>
    public async Task EnterLameDuckAsync(CancellationToken cancellationToken = default)
    {
        await _lameDuck.CancelAsync().ConfigureAwait(false);
        await _processes.EnterLameDuckAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Stops every workload and the process manager. Workloads have their grace periods, up to the stop timeout of the process manager;
    /// cancelling kills what is left at once. When it returns, nothing runs. May be called again.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        Task stopping = StopAllAsync();
        try
        {
            // Ends the agents of all workloads, asking each first, and with them the runs that the workloads wait for.
            await _processes.StopAsync(cancellationToken).ConfigureAwait(false);
            await stopping.ConfigureAwait(false);
            // Those that came in between: there is no agent for another any more.
            await StopAllAsync().ConfigureAwait(false);
        }
        finally
        {
            _context.Events.Complete();
        }
    }

    /// <summary>Stops the manager.</summary>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    private async Task StopAllAsync()
    {
        Task stopping = Task.WhenAll(_workloads.Values.Select(workload => workload.StopAsync(CancellationToken.None)));
        // A workload that never started is cancelled; whoever deployed it is told.
        await stopping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<Workload> StartAsync(DeployRequest request, ArtifactSource source, CancellationToken cancellationToken)
    {
        ArtifactLease artifact = await source.OpenAsync(_artifacts, request.Hash, cancellationToken).ConfigureAwait(false);
        var workload = new Workload(SortableId.Create(_context.Time), request, artifact, _context);
        _workloads.TryAdd(workload.Id, workload);
        KeyValuePair<string, object?> type = new("nex.workload.type", WorkloadTypes.Canonical(request.Type));
        WorkloadTelemetry.Workloads.Add(1, type);
        try
        {
            await workload.StartAsync(cancellationToken).ConfigureAwait(false);
            _ = ForgetAsync(workload, type);
            return workload;
        }
        catch
        {
            Forget(workload, type);
            artifact.Dispose();
            workload.Abandon();
            throw;
        }
    }

    private async Task ForgetAsync(Workload workload, KeyValuePair<string, object?> type)
    {
        WorkloadResult result = await workload.Completion.ConfigureAwait(false);
        WorkloadTelemetry.Ends.Add(1, type, new KeyValuePair<string, object?>("nex.end.reason", result.Reason.ToString()));
        Forget(workload, type);
    }

    private void Forget(Workload workload, KeyValuePair<string, object?> type)
    {
        _workloads.TryRemove(workload.Id, out _);
        WorkloadTelemetry.Workloads.Add(-1, type);
    }

    private sealed class NoDelegate : IProcessDelegate
    {
        internal static readonly NoDelegate Instance = new();

        public void OnProcessStarted(string id)
        {
        }
    }
}
