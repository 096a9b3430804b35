using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Launchers;
using Nex.ProcessManager.Telemetry;

namespace Nex.ProcessManager.Pool;

/// <summary>
/// One agent's life, from its launch to the removal of its last file, as one method: what is told of it to the outside is told in order,
/// and whatever goes wrong on the way, the end is the same.
/// </summary>
internal sealed partial class AgentLife(PooledAgent agent, AgentEnvironment environment)
{
    private readonly ILogger _logger = environment.Logger;
    private readonly BoundedLauncher _launcher = new(agent, environment);
    private readonly AgentDiagnostics _diagnostics = new(environment.Logger, agent.Id);
    private ILaunchedAgent? _launched;
    private AgentSession? _session;
    private Task? _toldOfStart;

    /// <summary>Lives it. Never fails.</summary>
    internal async Task RunAsync()
    {
        AgentExit exit;
        try
        {
            exit = await LiveAsync().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            // Nobody awaits a life: what is thrown here would be lost, and the agent never leave the pool.
            LogFailed(_logger, failure, agent.Id);
            exit = await FailAsync(failure).ConfigureAwait(false);
        }

        environment.Pool.Remove(agent, exit);
        try
        {
            await TellOfEndAsync(exit).ConfigureAwait(false);
        }
        finally
        {
            environment.Pool.SetGone(agent, exit);
        }
    }

    private async Task<AgentExit> LiveAsync()
    {
        long begun = environment.Time.GetTimestamp();
        AgentSession session;
        try
        {
            session = await StartAsync().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            return await EndStartAsync(AsStartFailure(failure)).ConfigureAwait(false);
        }

        environment.Launcher.OnStartEnded(agent.Id, failure: null);
        bool isWarm = environment.Pool.TryMarkWarm(agent, session);
        // One that is to end at once has started all the same: its end is counted too.
        environment.Telemetry.Warmed(begun);
        if (isWarm)
        {
            _toldOfStart = TellAsync(() => environment.Delegate.OnProcessStarted(agent.Id));
            await Task.WhenAny(session.Over, agent.StopRequested).ConfigureAwait(false);
            environment.Pool.Leave(agent);
        }

        return await StopAsync(session).ConfigureAwait(false);
    }

    private async Task<AgentSession> StartAsync()
    {
        Activity? activity = ProcessManagerTelemetry.Begin("agent.start", _logger);
        try
        {
            using var deadline = new StartDeadline(agent.Id, agent.StopRequested, environment.Options.EffectiveStartTimeout, environment.Time);
            _launched = await _launcher.LaunchAsync(_diagnostics, deadline).ConfigureAwait(false);
            var session = new AgentSession(agent.Id, _launched, environment.Options, environment.Time, _logger);
            _session = session;
            await session.HandshakeAsync(deadline).ConfigureAwait(false);
            return session;
        }
        finally
        {
            ProcessManagerTelemetry.End(activity, _logger);
        }
    }

    private async Task<AgentExit> EndStartAsync(AgentStartException failure)
    {
        bool wasLaunched = _launched is not null;
        AgentEnding ending = await EndAsync(patience: TimeSpan.Zero).ConfigureAwait(false);
        return StartFailed(wasLaunched ? new AgentStartException(failure.Failure, failure.Message + _diagnostics.Excerpt, failure) : failure, ending);
    }

    /// <summary>Whatever the node failed on, the agent must not run on.</summary>
    private async Task<AgentExit> FailAsync(Exception failure)
    {
        AgentEnding ending = await EndAsync(patience: TimeSpan.Zero).ConfigureAwait(false);
        environment.Pool.StartFailed(agent, new AgentStartException(AgentStartFailure.NotStarted, failure.Message, failure));
        AgentExitCause cause = _toldOfStart is null ? AgentExitCause.StartFailed : AgentExitCause.LinkLost;
        return Exit(agent.StopCause ?? cause, ending, failure.Message);
    }

    /// <summary>Ends an agent that was warm: its workload is asked first, unless there is nobody left to ask.</summary>
    private async Task<AgentExit> StopAsync(AgentSession session)
    {
        if (!session.Over.IsCompleted)
        {
            await AskWorkloadAsync(session).ConfigureAwait(false);
        }

        if (!session.Over.IsCompleted)
        {
            AgentExitCause cause = agent.StopCause ?? AgentExitCause.Stopped;
            AgentEnding asked = await EndAsync(environment.Options.ExitTimeout).ConfigureAwait(false);
            return Exit(cause, asked, asked.Killed ? "It did not end when it was asked to, and was killed." : "It ended when it was asked to.");
        }

        AgentEnd end = await session.Ended.ConfigureAwait(false);
        AgentEnding ending = await EndAsync(patience: TimeSpan.Zero).ConfigureAwait(false);
        return Exit(end.Cause, ending, end.Detail);
    }

    private async Task AskWorkloadAsync(AgentSession session)
    {
        if (session.WorkloadEnded.IsCompleted)
        {
            return;
        }

        TimeSpan grace = agent.Request?.GracePeriod ?? TimeSpan.Zero;
        using var deadline = new CancellationTokenSource(grace + environment.Options.ExitTimeout, environment.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, environment.Force);
        try
        {
            bool isSettled = session.Settled.IsCompleted;
            await session.UndeployAsync(grace, either.Token).ConfigureAwait(false);
            if (!isSettled)
            {
                // A deploy that was on its way may have come to the agent behind that.
                await Task.WhenAny(session.Settled, session.Over).WaitAsync(either.Token).ConfigureAwait(false);
                await session.UndeployAsync(grace, either.Token).ConfigureAwait(false);
            }

            await Task.WhenAny(session.WorkloadEnded, session.Over).WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It has had its time.
        }
    }

    /// <summary>
    /// Closes the link, on which the agent ends by itself, and kills it when it does not within the time it is given. Does nothing for one
    /// that was not launched, or has been ended.
    /// </summary>
    private async Task<AgentEnding> EndAsync(TimeSpan patience)
    {
        if (_launched is not { } launched)
        {
            return default;
        }

        _launched = null;
        Task closing = _session?.DisposeAsync().AsTask() ?? Task.CompletedTask;
        AgentEnding ending = await _launcher.EndAsync(launched, patience, hurry: _toldOfStart is null).ConfigureAwait(false);
        if (!await environment.EndsAsync(closing).ConfigureAwait(false))
        {
            LogObserverHangs(_logger, agent.Id);
        }

        return ending;
    }

    /// <summary>What nobody expected is a failed start like any other, so that the next one waits.</summary>
    private AgentStartException AsStartFailure(Exception failure)
    {
        if (failure is AgentStartException expected)
        {
            return expected;
        }

        LogUnexpected(_logger, failure, agent.Id);
        return new AgentStartException(AgentStartFailure.NotStarted, $"Agent {agent.Id} could not be started: {failure.Message}", failure);
    }

    private AgentExit StartFailed(AgentStartException failure, AgentEnding ending)
    {
        bool wanted = agent.StopCause is null;
        if (wanted)
        {
            LogStartFailed(_logger, agent.Id, failure.Failure, failure.Message);
        }

        environment.Launcher.OnStartEnded(agent.Id, failure.Failure);
        environment.Pool.StartFailed(agent, failure);
        return Exit(agent.StopCause ?? AgentExitCause.StartFailed, ending, failure.Message);
    }

    private AgentExit Exit(AgentExitCause cause, AgentEnding ending, string detail) => new()
    {
        Id = agent.Id,
        Cause = cause,
        Code = ending.Exit?.Code,
        Signal = ending.Exit?.Signal,
        Killed = ending.Killed,
        Detail = ending.Remark is { } remark ? $"{detail} {remark}" : detail,
    };

    /// <summary>The delegate hears of the end of an agent of whose start it has heard. When it does not return, it is told nothing more.</summary>
    private async Task TellOfEndAsync(AgentExit exit)
    {
        LogExited(_logger, agent.Id, exit.Cause, exit.Detail);
        if (agent.EndedTooSoon is { } sentence)
        {
            LogEndedTooSoon(_logger, sentence, exit.Detail);
        }

        agent.Session?.SetExited(exit);
        if (_toldOfStart is null)
        {
            return;
        }

        if (!await environment.EndsAsync(_toldOfStart).ConfigureAwait(false)
            || !await environment.EndsAsync(TellAsync(() => environment.Delegate.OnProcessExited(agent.Id, exit))).ConfigureAwait(false))
        {
            LogDelegateHangs(_logger, agent.Id);
        }
    }

    /// <summary>
    /// On a thread of its own: a life goes on, now and then, on the thread of whoever made it go on, which strangers' code must not hold up.
    /// </summary>
    private async Task TellAsync(Action call)
    {
        try
        {
            await Task.Run(call).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            LogDelegateFailed(_logger, failure, agent.Id);
        }
    }

    [LoggerMessage(300, LogLevel.Warning, "Agent {AgentId} did not become warm ({Failure}): {Reason}")]
    private static partial void LogStartFailed(ILogger logger, string agentId, AgentStartFailure failure, string reason);

    [LoggerMessage(301, LogLevel.Debug, "Agent {AgentId} has ended ({Cause}): {Detail}")]
    private static partial void LogExited(ILogger logger, string agentId, AgentExitCause cause, string detail);

    [LoggerMessage(307, LogLevel.Warning, "{Sentence} {Detail}")]
    private static partial void LogEndedTooSoon(ILogger logger, string sentence, string detail);

    [LoggerMessage(302, LogLevel.Error, "The process delegate threw for agent {AgentId}")]
    private static partial void LogDelegateFailed(ILogger logger, Exception failure, string agentId);

    [LoggerMessage(308, LogLevel.Error, "The process delegate has not returned from a call for agent {AgentId}: the manager stops without waiting for it any longer, and tells it nothing more of that agent")]
    private static partial void LogDelegateHangs(ILogger logger, string agentId);

    [LoggerMessage(309, LogLevel.Error, "The observer of the workload on agent {AgentId} has not returned from a call: the manager stops without waiting for it any longer")]
    private static partial void LogObserverHangs(ILogger logger, string agentId);

    [LoggerMessage(304, LogLevel.Error, "Agent {AgentId} could not be started for a reason that was not foreseen")]
    private static partial void LogUnexpected(ILogger logger, Exception failure, string agentId);

    [LoggerMessage(303, LogLevel.Critical, "The life of agent {AgentId} ended by a failure of the node")]
    private static partial void LogFailed(ILogger logger, Exception failure, string agentId);
}
