using Microsoft.Extensions.Logging;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers;
using Nex.ProcessManager.Pool;
using Nex.ProcessManager.Telemetry;
using Nex.Protocol.Workloads;

namespace Nex.ProcessManager;

/// <summary>What all process managers are: one pool of agents, over a launcher that starts agents of one kind.</summary>
public abstract partial class PooledProcessManager : IProcessManager
{
    private readonly ProcessManagerOptions _options;
    private readonly ILauncher _launcher;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly PoolTelemetry _telemetry;
    private readonly AgentPool _pool;
    private readonly ITimer _retry;
    private readonly CancellationTokenSource _force = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _stateLock = new();
    private IProcessDelegate? _delegate;
    private Task _opening = Task.CompletedTask;
    private Task? _stopping;
    private int _pumpQueued;

    private protected PooledProcessManager(ProcessManagerOptions options, ILauncher launcher, TimeProvider time, ILogger logger)
    {
        ProcessManagerOptionsValidator.ThrowIfInvalid(options);
        _options = options;
        _launcher = launcher;
        _time = time;
        _logger = new HarmlessLogger(logger);
        _telemetry = new PoolTelemetry(launcher.Sandbox, time, _logger);
        _pool = new AgentPool(options, time, _telemetry, QueuePump);
        _retry = time.CreateTimer(_ => QueuePump(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public PoolStatus Status => _pool.Status;

    /// <inheritdoc/>
    public IReadOnlyList<ProcessInfo> ListProcesses() => _pool.List();

    /// <inheritdoc/>
    public DeployRequest? Lookup(string workloadId)
    {
        ArgumentNullException.ThrowIfNull(workloadId);
        return _pool.Lookup(workloadId);
    }

    /// <inheritdoc/>
    public IAgent GetAgent(string workloadId)
    {
        ArgumentNullException.ThrowIfNull(workloadId);
        return _pool.GetPrepared(workloadId);
    }

    /// <inheritdoc/>
    public ValueTask PrepareWorkloadAsync(string workloadId, DeployRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(workloadId);
        cancellationToken.ThrowIfCancellationRequested();
        long begun = _time.GetTimestamp();
        Check(request);
        Apply(_pool.Prepare(workloadId, request), begun);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<string> PrepareNextWorkloadAsync(DeployRequest request, CancellationToken cancellationToken = default)
    {
        long begun = _time.GetTimestamp();
        Check(request);
        ValueTask<PooledAgent> taking = _pool.PrepareNextAsync(request, cancellationToken);
        return taking.IsCompletedSuccessfully ? new ValueTask<string>(Apply(taking.Result, begun)) : AwaitAsync(taking, begun);

        async ValueTask<string> AwaitAsync(ValueTask<PooledAgent> taking, long begun) => Apply(await taking.ConfigureAwait(false), begun);
    }

    /// <inheritdoc/>
    public void CheckArtifact(long size) => _launcher.CheckArtifact(size);

    /// <inheritdoc/>
    public async Task StartAsync(IProcessDelegate processDelegate, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(processDelegate);
        Task opening;
        lock (_stateLock)
        {
            // A stop finds either a pool that has not been taken, or the opening that it has to wait for.
            _pool.BeginOpening();
            _delegate = processDelegate;
            opening = _opening = Task.Run(() => OpenAsync(cancellationToken), CancellationToken.None);
        }

        try
        {
            await opening.ConfigureAwait(false);
            _pool.Open();
            await _pool.Ready.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Why it did not start says more than what could not be removed, which the log has.
            await StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        Task stopping;
        lock (_stateLock)
        {
            stopping = _stopping ??= Task.Run(StopCoreAsync, CancellationToken.None);
        }

        await using CancellationTokenRegistration forcing = cancellationToken.UnsafeRegister(_ => _force.Cancel(), null);
        await stopping.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<AgentExit> StopProcessAsync(string workloadId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(workloadId);
        PooledAgent agent = _pool.RequestStop(workloadId, AgentExitCause.Stopped);
        return await agent.Gone.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task EnterLameDuckAsync(CancellationToken cancellationToken = default)
    {
        IReadOnlyList<PooledAgent> ending = _pool.EnterLameDuck();
        LogLameDuck(_logger, ending.Count);
        await Task.WhenAll(ending.Select(agent => agent.Gone)).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops the manager.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    private void Check(DeployRequest request)
    {
        DeployRequestValidator.ThrowIfInvalid(request);
        if (request.Limits is { } limits)
        {
            _launcher.CheckLimits(limits);
        }
    }

    /// <summary>The work that is only done once there is a request.</summary>
    private string Apply(PooledAgent agent, long begun)
    {
        try
        {
            agent.Session!.Prepare(agent.Request!);
            _telemetry.Prepared(begun);
            return agent.Id;
        }
        catch (Exception failure)
        {
            // Whatever it is, the caller does not learn of the agent, which would stay for ever.
            _pool.RequestStop(agent, AgentExitCause.LimitsFailed);
            throw new ProcessManagerException(
                ProcessManagerError.LimitsUnavailable, $"The limits of workload '{agent.Request!.Name}' could not be applied: {failure.Message}", failure);
        }
    }

    /// <summary>Starts what is missing, on another thread: whoever took an agent does not wait for the start of its replacement.</summary>
    private void QueuePump()
    {
        if (Interlocked.Exchange(ref _pumpQueued, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static manager => manager.Pump(), this, preferLocal: false);
        }
    }

    private void Pump()
    {
        Volatile.Write(ref _pumpQueued, 0);
        IReadOnlyList<PooledAgent> due = _pool.ClaimStarts(out TimeSpan? retryIn);
        foreach (PooledAgent agent in due)
        {
            var environment = new AgentEnvironment(_pool, _launcher, _delegate!, _options, _telemetry, _time, _logger) { Force = _force.Token };
            _ = new AgentLife(agent, environment).RunAsync();
        }

        if (retryIn is { } wait)
        {
            _retry.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        try
        {
            await _launcher.OpenAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // A stop has given it up, and the pool tells that to whoever waits for the first agent.
        }
    }

    private async Task StopCoreAsync()
    {
        IReadOnlyList<PooledAgent> ending = _pool.Close();
        await _closing.CancelAsync().ConfigureAwait(false);
        using var deadline = new CancellationTokenSource(_options.StopTimeout, _time);
        await using CancellationTokenRegistration forcing = deadline.Token.UnsafeRegister(_ => _force.Cancel(), null);
        await Task.WhenAll(ending.Select(agent => agent.Gone)).ConfigureAwait(false);
        Task opening;
        lock (_stateLock)
        {
            opening = _opening;
        }

        // What was opened, even half, is closed; why it could not be opened is for the one who started.
        await opening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await CloseLauncherAsync(_pool.LeftBehind).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            LogNotClosed(_logger, failure);
            throw;
        }
        finally
        {
            await _retry.DisposeAsync().ConfigureAwait(false);
            _pool.MarkStopped();
        }
    }

    /// <summary>Closes it behind all that it does: what hangs in the host is not waited for here, and the launcher stays open until it comes back.</summary>
    private async Task CloseLauncherAsync(Task leftBehind)
    {
        if (leftBehind.IsCompleted)
        {
            await _launcher.DisposeAsync().ConfigureAwait(false);
            return;
        }

        LogClosesLate(_logger);
        _ = CloseLateAsync();

        async Task CloseLateAsync()
        {
            await leftBehind.ConfigureAwait(false);
            try
            {
                await _launcher.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                LogNotClosed(_logger, failure);
            }
        }
    }

    [LoggerMessage(311, LogLevel.Warning, "The host hangs in what it does for agents: the manager stops all the same, and cleans up when the host answers, or at the next start")]
    private static partial void LogClosesLate(ILogger logger);

    [LoggerMessage(312, LogLevel.Error, "What a stopped manager had on the host could not be removed: the next start of one with the same run directory does it")]
    private static partial void LogNotClosed(ILogger logger, Exception failure);

    [LoggerMessage(310, LogLevel.Information, "Lame duck: no new workloads; {Count} agents without one are ended")]
    private static partial void LogLameDuck(ILogger logger, int count);
}
