using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Nex.Linux.Processes;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers;
using Nex.ProcessManager.Telemetry;

namespace Nex.ProcessManager.Pool;

/// <summary>What all agents of a manager share.</summary>
internal sealed record AgentEnvironment(
    AgentPool Pool,
    ILauncher Launcher,
    IProcessDelegate Delegate,
    ProcessManagerOptions Options,
    PoolTelemetry Telemetry,
    TimeProvider Time,
    ILogger Logger)
{
    /// <summary>Cancelled when there is no time left for asking.</summary>
    internal required CancellationToken Force { get; init; }
}

/// <summary>
/// One agent's life, from its launch to the removal of its last file, as one method: what is told of it to the outside is told in order,
/// and whatever goes wrong on the way, the end is the same.
/// </summary>
internal sealed partial class AgentLife(PooledAgent agent, AgentEnvironment environment)
{
    private readonly ILogger _logger = environment.Logger;
    private readonly BoundedLauncher _launcher = new(agent, environment);
    private bool _wasWarm;

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
            exit = Exit(agent.StopCause ?? AgentExitCause.StartFailed, null, killed: false, failure.Message);
        }

        environment.Pool.Remove(agent, exit);
        LogExited(_logger, agent.Id, exit.Cause, exit.Detail);
        if (agent.EndedTooSoon is { } sentence)
        {
            LogEndedTooSoon(_logger, sentence, exit.Detail);
        }

        agent.Session?.SetExited(exit);
        if (_wasWarm)
        {
            await TellAsync(() => environment.Delegate.OnProcessExited(agent.Id, exit)).ConfigureAwait(false);
        }

        environment.Pool.SetGone(agent, exit);
    }

    private async Task<AgentExit> LiveAsync()
    {
        long begun = environment.Time.GetTimestamp();
        using Activity? activity = ProcessManagerTelemetry.Source.StartActivity("agent.start");
        var diagnostics = new AgentDiagnostics(_logger, agent.Id);
        ILaunchedAgent launched;
        AgentSession session;
        using (var deadline = new StartDeadline(agent.Id, agent.StopRequested, environment.Options.EffectiveStartTimeout, environment.Time))
        {
            try
            {
                launched = await _launcher.LaunchAsync(diagnostics, deadline).ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                return StartFailed(AsStartFailure(failure), null, killed: false);
            }

            session = new AgentSession(agent.Id, launched, environment.Options, environment.Time, _logger);
            try
            {
                await session.HandshakeAsync(deadline).ConfigureAwait(false);
            }
            catch (Exception reason)
            {
                AgentStartException failure = AsStartFailure(reason);
                (ProcessExit process, bool killed) = await EndAsync(session, launched, patience: TimeSpan.Zero).ConfigureAwait(false);
                return StartFailed(new AgentStartException(failure.Failure, failure.Message + diagnostics.Excerpt, failure), process, killed);
            }
        }

        environment.Launcher.OnStartEnded(agent.Id, failure: null);
        if (environment.Pool.TryMarkWarm(agent, session))
        {
            _wasWarm = true;
            environment.Telemetry.Warmed(begun);
            activity?.Stop();
            await TellAsync(() => environment.Delegate.OnProcessStarted(agent.Id)).ConfigureAwait(false);
            await Task.WhenAny(session.Over, agent.StopRequested).ConfigureAwait(false);
            environment.Pool.Leave(agent);
        }

        return await StopAsync(session, launched).ConfigureAwait(false);
    }

    /// <summary>Ends an agent that was warm: its workload is asked first, unless there is nobody left to ask.</summary>
    private async Task<AgentExit> StopAsync(AgentSession session, ILaunchedAgent launched)
    {
        if (!session.Over.IsCompleted)
        {
            await AskWorkloadAsync(session).ConfigureAwait(false);
        }

        if (!session.Over.IsCompleted)
        {
            AgentExitCause cause = agent.StopCause ?? AgentExitCause.Stopped;
            (ProcessExit exit, bool killed) = await EndAsync(session, launched, environment.Options.ExitTimeout).ConfigureAwait(false);
            return Exit(cause, exit, killed, killed ? "It did not end when it was asked to, and was killed." : "It ended when it was asked to.");
        }

        AgentEnd end = await session.Ended.ConfigureAwait(false);
        (ProcessExit process, bool hadToBeKilled) = await EndAsync(session, launched, patience: TimeSpan.Zero).ConfigureAwait(false);
        return Exit(end.Cause, process, hadToBeKilled, end.Detail);
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
            await session.UndeployAsync(grace, either.Token).ConfigureAwait(false);
            await Task.WhenAny(session.WorkloadEnded, session.Over).WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It has had its time.
        }
    }

    /// <summary>Closes the link, on which the agent ends by itself, and kills it when it does not within the time it is given.</summary>
    private async Task<(ProcessExit Exit, bool Killed)> EndAsync(AgentSession session, ILaunchedAgent launched, TimeSpan patience)
    {
        await session.DisposeAsync().ConfigureAwait(false);
        return await _launcher.EndAsync(launched, patience, hurry: !_wasWarm).ConfigureAwait(false);
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

    private AgentExit StartFailed(AgentStartException failure, ProcessExit? process, bool killed)
    {
        bool wanted = agent.StopCause is null;
        if (wanted)
        {
            LogStartFailed(_logger, agent.Id, failure.Failure, failure.Message);
        }

        environment.Launcher.OnStartEnded(agent.Id, failure.Failure);
        environment.Pool.StartFailed(agent, failure);
        return Exit(agent.StopCause ?? AgentExitCause.StartFailed, process, killed, failure.Message);
    }

    private AgentExit Exit(AgentExitCause cause, ProcessExit? process, bool killed, string detail) => new()
    {
        Id = agent.Id,
        Cause = cause,
        Code = process?.Code,
        Signal = process?.Signal,
        Killed = killed,
        Detail = detail,
    };

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

    [LoggerMessage(304, LogLevel.Error, "Agent {AgentId} could not be started for a reason that was not foreseen")]
    private static partial void LogUnexpected(ILogger logger, Exception failure, string agentId);

    [LoggerMessage(303, LogLevel.Critical, "The life of agent {AgentId} ended by a failure of the node")]
    private static partial void LogFailed(ILogger logger, Exception failure, string agentId);
}
