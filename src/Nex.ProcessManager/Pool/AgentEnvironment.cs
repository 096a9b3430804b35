using Microsoft.Extensions.Logging;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers;

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

    /// <summary>Waits for what may take as long as it takes, until there is no time left for it.</summary>
    /// <returns>Whether it has ended.</returns>
    internal async Task<bool> EndsAsync(Task work)
    {
        await work.WaitAsync(Force).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await EndsWithinAsync(work, Options.ExitTimeout, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Waits for so long, or until it is forced.</summary>
    /// <returns>Whether it has ended.</returns>
    internal async Task<bool> EndsWithinAsync(Task work, TimeSpan patience, CancellationToken force)
    {
        if (patience > TimeSpan.Zero && !work.IsCompleted)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(force);
            await Task.WhenAny(work, Task.Delay(patience, Time, either.Token)).ConfigureAwait(false);
            await either.CancelAsync().ConfigureAwait(false);
        }

        return work.IsCompleted;
    }
}
