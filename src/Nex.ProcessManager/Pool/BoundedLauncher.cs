using Microsoft.Extensions.Logging;
using Nex.Linux.Processes;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Launchers;

namespace Nex.ProcessManager.Pool;

/// <summary>
/// What is asked of the launcher for one agent, without ever being held up by it for good. Work that hangs, as on a disk that does not answer,
/// is left behind: the pool knows of it, and it is cleaned up when it comes back.
/// </summary>
internal sealed partial class BoundedLauncher(PooledAgent agent, AgentEnvironment environment)
{
    private static readonly TimeSpan RemovalInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RemovalPatience = TimeSpan.FromMinutes(1);

    private readonly ILogger _logger = environment.Logger;

    /// <exception cref="AgentStartException">It was given up, or failed in a way that the launcher foresaw.</exception>
    internal async Task<ILaunchedAgent> LaunchAsync(AgentDiagnostics diagnostics, StartDeadline deadline)
    {
        // Not disposed of: a launch that is left behind may still look at its token.
        var givingUp = new CancellationTokenSource();
        // On a thread of its own: much of a launch is calls of the system that block.
        Task<ILaunchedAgent> launching = Task.Run(
            () => environment.Launcher.LaunchAsync(agent.Id, diagnostics, givingUp.Token), CancellationToken.None);
        await Task.WhenAny(launching, deadline.Over).ConfigureAwait(false);
        if (!launching.IsCompleted)
        {
            await givingUp.CancelAsync().ConfigureAwait(false);
            if (!await environment.EndsWithinAsync(launching, environment.Options.ExitTimeout, CancellationToken.None).ConfigureAwait(false))
            {
                LeaveBehind(EndLateAsync(launching));
                throw deadline.Failure("was not launched");
            }
        }

        try
        {
            return await launching.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (givingUp.IsCancellationRequested)
        {
            throw deadline.Failure("was not launched");
        }
    }

    /// <summary>Waits until the process has ended, kills it when it has not in the time that it is given, and removes what the host holds for it.</summary>
    /// <param name="hurry">
    /// Whether what hangs may be left behind. It is waited for otherwise, unless the stop of the manager has no time left: what a workload has
    /// written can take long to remove.
    /// </param>
    internal async Task<AgentEnding> EndAsync(ILaunchedAgent launched, TimeSpan patience, bool hurry)
    {
        bool killed = !await environment.EndsWithinAsync(launched.Exited, patience, environment.Force).ConfigureAwait(false);
        Task cleaning = Task.Run(() => CleanUpAsync(launched), CancellationToken.None);
        bool clean = hurry
            ? await environment.EndsWithinAsync(cleaning, environment.Options.ExitTimeout, CancellationToken.None).ConfigureAwait(false)
            : await environment.EndsAsync(cleaning).ConfigureAwait(false);
        string? fault = clean ? await FaultOfAsync(cleaning).ConfigureAwait(false) : null;
        if (!clean)
        {
            LeaveBehind(cleaning);
        }

        ProcessExit? exit = launched.Exited.IsCompleted ? await launched.Exited.ConfigureAwait(false) : null;
        return new AgentEnding(exit, killed, fault);
    }

    private async Task<string?> FaultOfAsync(Task cleaning)
    {
        try
        {
            await cleaning.ConfigureAwait(false);
            return null;
        }
        catch (Exception failure)
        {
            LogNotRemoved(_logger, failure, agent.Id);
            return failure.Message;
        }
    }

    /// <summary>Kills it until it has ended, which a process that the kernel holds does late or never, and removes the rest.</summary>
    private async Task CleanUpAsync(ILaunchedAgent launched)
    {
        while (!launched.Exited.IsCompleted)
        {
            Kill(launched);
            await environment.EndsWithinAsync(launched.Exited, environment.Options.ExitTimeout, CancellationToken.None).ConfigureAwait(false);
        }

        await RemoveAsync(launched).ConfigureAwait(false);
    }

    /// <summary>What a host cannot remove while it is short of files or memory must not stay for good. In a stop without time it is left to the launcher.</summary>
    private async Task RemoveAsync(ILaunchedAgent launched)
    {
        long begun = environment.Time.GetTimestamp();
        while (true)
        {
            try
            {
                await launched.DisposeAsync().ConfigureAwait(false);
                return;
            }
            catch (IOException failure) when (environment.Time.GetElapsedTime(begun) < RemovalPatience && !environment.Force.IsCancellationRequested)
            {
                LogRemovedLater(_logger, failure, agent.Id);
                await Task.Delay(RemovalInterval, environment.Time, environment.Force).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Kill(ILaunchedAgent launched)
    {
        try
        {
            launched.Kill();
        }
        catch (Exception failure)
        {
            // It is tried again: an agent that runs on must not be forgotten.
            LogNotKilled(_logger, failure, agent.Id);
        }
    }

    private async Task EndLateAsync(Task<ILaunchedAgent> launching) => await CleanUpAsync(await launching.ConfigureAwait(false)).ConfigureAwait(false);

    private void LeaveBehind(Task work)
    {
        LogLeftBehind(_logger, agent.Id);
        environment.Pool.LeaveBehind(FollowAsync());

        async Task FollowAsync()
        {
            try
            {
                await work.ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // A launch that has heard of it after all, and leaves nothing.
            }
            catch (Exception failure)
            {
                // A launch that fails leaves nothing either; anything else is a fault, which nobody else would see.
                LogFailedLate(_logger, failure, agent.Id);
            }
        }
    }

    [LoggerMessage(305, LogLevel.Warning, "What the host does for agent {AgentId} hangs: it is not waited for any more, and cleaned up when it comes back")]
    private static partial void LogLeftBehind(ILogger logger, string agentId);

    [LoggerMessage(315, LogLevel.Debug, "What the host holds for agent {AgentId} cannot be removed now: it is tried again")]
    private static partial void LogRemovedLater(ILogger logger, Exception failure, string agentId);

    [LoggerMessage(306, LogLevel.Information, "What the host did for agent {AgentId}, and was not waited for, has failed")]
    private static partial void LogFailedLate(ILogger logger, Exception failure, string agentId);

    [LoggerMessage(313, LogLevel.Error, "What the host holds for agent {AgentId} could not be removed: it is tried again when the manager stops, and when the next starts")]
    private static partial void LogNotRemoved(ILogger logger, Exception failure, string agentId);

    [LoggerMessage(314, LogLevel.Error, "Agent {AgentId} could not be killed: it is tried again")]
    private static partial void LogNotKilled(ILogger logger, Exception failure, string agentId);
}

/// <summary>How an agent was ended.</summary>
/// <param name="Exit">How its process ended; null where there was none, or the kernel still holds it.</param>
/// <param name="Killed">Whether it did not end by itself.</param>
/// <param name="Fault">Why something of it is left; null where nothing is, as far as is known.</param>
internal readonly record struct AgentEnding(ProcessExit? Exit, bool Killed, string? Fault)
{
    /// <summary>One sentence on what is left of it, or null.</summary>
    internal string? Remark => this switch
    {
        { Fault: { } fault } => $"Something of it could not be removed: {fault}",
        { Killed: true, Exit: null } => "Its process has not ended: the host holds it.",
        _ => null,
    };
}
