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
            if (!await EndsWithinAsync(launching, environment.Options.ExitTimeout, CancellationToken.None).ConfigureAwait(false))
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
    /// Whether the removal may be left behind. It is waited for otherwise, unless the stop of the manager has no time left: what a workload has
    /// written can take long to remove.
    /// </param>
    internal async Task<(ProcessExit Exit, bool Killed)> EndAsync(ILaunchedAgent launched, TimeSpan patience, bool hurry)
    {
        bool killed = !await EndsWithinAsync(launched.Exited, patience, environment.Force).ConfigureAwait(false);
        if (killed)
        {
            await KillAsync(launched).ConfigureAwait(false);
        }

        ProcessExit exit = await launched.Exited.ConfigureAwait(false);
        Task removing = Task.Run(() => RemoveAsync(launched));
        if (!hurry)
        {
            await removing.WaitAsync(environment.Force).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (await EndsWithinAsync(removing, environment.Options.ExitTimeout, CancellationToken.None).ConfigureAwait(false))
        {
            await removing.ConfigureAwait(false);
        }
        else
        {
            LeaveBehind(removing);
        }

        return (exit, killed);
    }

    private async Task KillAsync(ILaunchedAgent launched)
    {
        do
        {
            launched.Kill();
        }
        while (!await EndsWithinAsync(launched.Exited, environment.Options.ExitTimeout, CancellationToken.None).ConfigureAwait(false));
    }

    private async Task EndLateAsync(Task<ILaunchedAgent> launching)
    {
        ILaunchedAgent launched = await launching.ConfigureAwait(false);
        await KillAsync(launched).ConfigureAwait(false);
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

    private async Task<bool> EndsWithinAsync(Task work, TimeSpan patience, CancellationToken force)
    {
        if (patience > TimeSpan.Zero && !work.IsCompleted)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(force);
            await Task.WhenAny(work, Task.Delay(patience, environment.Time, either.Token)).ConfigureAwait(false);
            await either.CancelAsync().ConfigureAwait(false);
        }

        return work.IsCompleted;
    }

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

    [LoggerMessage(308, LogLevel.Debug, "What the host holds for agent {AgentId} cannot be removed now: it is tried again")]
    private static partial void LogRemovedLater(ILogger logger, Exception failure, string agentId);

    [LoggerMessage(306, LogLevel.Information, "What the host did for agent {AgentId}, and was not waited for, has failed")]
    private static partial void LogFailedLate(ILogger logger, Exception failure, string agentId);
}
