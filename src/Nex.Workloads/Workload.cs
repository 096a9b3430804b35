using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Nex.ProcessManager;
using Nex.ProcessManager.Agents;
using Nex.Protocol.Workloads;
using Nex.Workloads.Artifacts;
using Nex.Workloads.Restarts;
using Nex.Workloads.Runs;
using Nex.Workloads.Streams;
using Nex.Workloads.Telemetry;

namespace Nex.Workloads;

/// <summary>
/// A workload, from its deploy to its end for good, with all its restarts. Every member may be called from any thread at any time, and
/// after the end.
/// </summary>
public sealed partial class Workload : IAsyncDisposable
{
    private readonly IProcessManager _processes;
    private readonly ArtifactLease _artifact;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RestartBackoff _backoff;
    private readonly ReplayBuffer<LogLine> _log;
    private readonly ReplayBuffer<WorkloadEvent> _events;
    private readonly ReplayBuffer<WorkloadEvent> _allEvents;
    private readonly CancellationToken _lameDuck;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _stopRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<WorkloadResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _runBegan;
    private volatile DeployRequest _request;
    private volatile string? _agentId;
    private volatile WorkloadState _state = WorkloadState.Starting;

    internal Workload(string id, DeployRequest request, ArtifactLease artifact, WorkloadContext context)
    {
        Id = id;
        _request = request;
        _artifact = artifact;
        _processes = context.Processes;
        _time = context.Time;
        _logger = context.Logger;
        _allEvents = context.Events;
        _lameDuck = context.LameDuck;
        _backoff = new RestartBackoff(context.Options.Restarts, context.Time, Random.Shared);
        _log = new ReplayBuffer<LogLine>(context.Options.MaxLogLines, context.Options.MaxLogCharacters, line => line.Text.Length);
        _events = new ReplayBuffer<WorkloadEvent>(context.Options.MaxEvents, long.MaxValue, _ => 0);
    }

    /// <summary>Its id, which stays the same when it is started again.</summary>
    public string Id { get; }

    /// <summary>What was asked for, with the count of its restarts.</summary>
    public DeployRequest Request => _request;

    /// <summary>The agent that it runs on, or ran on last.</summary>
    public string? AgentId => _agentId;

    /// <summary>What it is doing.</summary>
    public WorkloadState State => _state;

    /// <summary>The SHA-256 of its artifact, 64 lower-case hexadecimal digits.</summary>
    public string ArtifactSha256 => _artifact.Sha256;

    /// <summary>The size of its artifact, in bytes.</summary>
    public long ArtifactBytes => _artifact.Size;

    /// <summary>How long its program has been running, since it was last started; zero while it does not run.</summary>
    public TimeSpan Runtime => _state is WorkloadState.Running or WorkloadState.Stopping ? _time.GetElapsedTime(Volatile.Read(ref _runBegan)) : TimeSpan.Zero;

    /// <summary>Whether its program runs, on an agent that answers.</summary>
    public bool IsHealthy
    {
        get
        {
            if (_state is not (WorkloadState.Running or WorkloadState.Stopping) || _agentId is not { } agent)
            {
                return false;
            }

            try
            {
                return _processes.GetAgent(agent).IsHealthy;
            }
            catch (ProcessManagerException)
            {
                // It has just ended.
                return false;
            }
        }
    }

    /// <summary>Whether its program has run, so that it has an end, and that has not been told.</summary>
    internal bool IsAlive => _agentId is not null && !Completion.IsCompleted;

    /// <summary>Completes when it is over, and nothing of it is left. Never fails.</summary>
    public Task<WorkloadResult> Completion => _completion.Task;

    /// <summary>
    /// What it writes: the last lines that are kept, and then each line as it comes, until it is over. A reader that is too slow never slows
    /// the workload; it misses lines, and the next line tells how many.
    /// </summary>
    public IAsyncEnumerable<LogLine> ReadLogsAsync(CancellationToken cancellationToken = default) => CountAsync(_log.ReadAsync(CancellationToken.None), cancellationToken);

    /// <summary>As <see cref="ReadLogsAsync"/>, for who is to have all lines: those that came before the reader, and are not kept, count as missed.</summary>
    internal IAsyncEnumerable<LogLine> ReadAllLogsAsync(CancellationToken cancellationToken = default) => CountAsync(_log.ReadAllAsync(CancellationToken.None), cancellationToken);

    private static async IAsyncEnumerable<LogLine> CountAsync(
        IAsyncEnumerable<(LogLine Line, long Missed)> lines, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach ((LogLine line, long missed) in lines.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            WorkloadTelemetry.MissedLogLines.Add(missed);
            yield return missed == 0 ? line : line with { Missed = missed };
        }
    }

    /// <summary>What happens to it, from its first start on, until it is over.</summary>
    public async IAsyncEnumerable<WorkloadEvent> ReadEventsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach ((WorkloadEvent item, long missed) in _events.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return missed == 0 ? item : item with { Missed = missed };
        }
    }

    /// <summary>
    /// Stops it: its program gets SIGTERM, has the grace period of its request, and then its whole process tree is killed. It is not started
    /// again. May be called again; cancelling stops the wait.
    /// </summary>
    public async Task<WorkloadResult> StopAsync(CancellationToken cancellationToken = default)
    {
        // In this order: a program that ends because of it must not pass for one that ended by itself.
        Task cancelling = _stop.CancelAsync();
        _stopRequested.TrySetResult();
        await cancelling.ConfigureAwait(false);
        return await Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops it.</summary>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <summary>Starts it for the first time, and then lets it live.</summary>
    /// <exception cref="ProcessManagerException">No agent is given.</exception>
    /// <exception cref="DeployException">The program was not started.</exception>
    /// <exception cref="OperationCanceledException">The start was cancelled, or the workload stopped meanwhile.</exception>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token);
        WorkloadRun run = await StartRunAsync(either.Token).ConfigureAwait(false);
        _ = LiveAsync(run);
    }

    /// <summary>It was never started: who has stopped it meanwhile need not wait longer. Nobody else knows of it.</summary>
    internal void Abandon() => _completion.TrySetCanceled();

    private async Task<WorkloadRun> StartRunAsync(CancellationToken cancellationToken)
    {
        WorkloadRun run = await WorkloadRun.StartAsync(_processes, _request, _artifact.File, OnOutput, cancellationToken).ConfigureAwait(false);
        _agentId = run.AgentId;
        Volatile.Write(ref _runBegan, _time.GetTimestamp());
        _state = WorkloadState.Running;
        Publish(WorkloadEventKind.Started);
        return run;
    }

    private async Task LiveAsync(WorkloadRun first)
    {
        WorkloadRun? run = first;
        WorkloadExit exit;
        WorkloadEndReason? end;
        do
        {
            exit = await FollowAsync(run).ConfigureAwait(false);
            (run, end) = await RestartAsync(exit).ConfigureAwait(false);
        }
        while (run is not null);

        _state = WorkloadState.Ended;
        Publish(WorkloadEventKind.Ended, end: end);
        _log.Complete();
        _events.Complete();
        _artifact.Dispose();
        _completion.SetResult(new WorkloadResult(end!.Value, exit, _request.RetryCount));
    }

    /// <summary>Waits for the end of a run, or ends it when the workload is stopped.</summary>
    private async Task<WorkloadExit> FollowAsync(WorkloadRun run)
    {
        await Task.WhenAny(run.Exited, _stopRequested.Task).ConfigureAwait(false);
        Task ending = Task.CompletedTask;
        if (!run.Exited.IsCompleted)
        {
            _state = WorkloadState.Stopping;
            ending = run.EndAgentAsync();
        }

        WorkloadExit exit = await run.Exited.ConfigureAwait(false);
        Publish(WorkloadEventKind.Exited, exit: exit);
        await (_state == WorkloadState.Stopping ? ending : run.EndAgentAsync()).ConfigureAwait(false);
        return exit;
    }

    /// <returns>The next run, or why there is none.</returns>
    private async Task<(WorkloadRun? Run, WorkloadEndReason? End)> RestartAsync(WorkloadExit exit)
    {
        if (_stop.IsCancellationRequested)
        {
            return (null, WorkloadEndReason.Stopped);
        }

        if (!_request.Essential || exit.IsSuccess)
        {
            return (null, WorkloadEndReason.Exited);
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, _lameDuck);
        try
        {
            while (!_lameDuck.IsCancellationRequested && _backoff.NextDelay() is { } delay)
            {
                _state = WorkloadState.BackingOff;
                Publish(WorkloadEventKind.RestartScheduled, delay: delay);
                await Task.Delay(delay, _time, over.Token).ConfigureAwait(false);
                _state = WorkloadState.Starting;
                _request = _request with { RetryCount = _request.RetryCount + 1, RetriedAt = _time.GetUtcNow() };
                if (await TryStartAgainAsync().ConfigureAwait(false) is { } run)
                {
                    return (run, null);
                }
            }

            return (null, _lameDuck.IsCancellationRequested ? WorkloadEndReason.LameDuck : WorkloadEndReason.TooManyFailures);
        }
        catch (OperationCanceledException)
        {
            return (null, _stop.IsCancellationRequested ? WorkloadEndReason.Stopped : WorkloadEndReason.LameDuck);
        }
        catch (ProcessManagerException failure)
        {
            return (null, failure.Error == ProcessManagerError.LameDuck ? WorkloadEndReason.LameDuck : WorkloadEndReason.Stopped);
        }
    }

    /// <returns>Null when the start failed in a way that may not happen again.</returns>
    private async Task<WorkloadRun?> TryStartAgainAsync()
    {
        try
        {
            WorkloadRun run = await StartRunAsync(_stop.Token).ConfigureAwait(false);
            WorkloadTelemetry.Restarts.Add(1);
            return run;
        }
        catch (Exception failure) when (failure is DeployException or ProcessManagerException { Error: not (ProcessManagerError.LameDuck or ProcessManagerError.Stopping) })
        {
            LogRestartFailed(_logger, Id, failure.Message);
            return null;
        }
    }

    private void OnOutput(OutputLine line)
    {
        WorkloadTelemetry.LogLines.Add(1);
        _log.Append(new LogLine
        {
            WorkloadId = Id,
            Time = _time.GetUtcNow(),
            Stream = line.Stream,
            Text = line.Text,
            Continues = line.Continues,
        });
    }

    private void Publish(WorkloadEventKind kind, WorkloadExit? exit = null, TimeSpan? delay = null, WorkloadEndReason? end = null)
    {
        var item = new WorkloadEvent
        {
            Kind = kind,
            WorkloadId = Id,
            Name = _request.Name,
            Namespace = _request.Namespace,
            Time = _time.GetUtcNow(),
            AgentId = _agentId,
            RetryCount = _request.RetryCount,
            Exit = exit,
            Delay = delay,
            End = end,
        };
        _events.Append(item);
        _allEvents.Append(item);
    }

    [LoggerMessage(401, LogLevel.Warning, "Workload {WorkloadId} could not be started again: {Reason}")]
    private static partial void LogRestartFailed(ILogger logger, string workloadId, string reason);
}
