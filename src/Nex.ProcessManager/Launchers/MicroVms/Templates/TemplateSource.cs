using Microsoft.Extensions.Logging;
using Nex.ProcessManager.Agents;

namespace Nex.ProcessManager.Launchers.MicroVms.Templates;

/// <summary>
/// The one template of a manager. Starts that come while it is made wait for the same one. One whose first clones all fail is thrown away, and the
/// next start makes another; one of which a clone has become warm is good, since nothing can change it.
/// </summary>
internal sealed partial class TemplateSource(TemplateKey key, TemplateStore store, Func<CancellationToken, Task<Template>> build, ILogger logger)
    : IAsyncDisposable
{
    /// <summary>One may be an accident; a pool gives up its start after three.</summary>
    private const int MostFailures = 2;

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closing = new();

    /// <summary>The agents that are being started from the current template.</summary>
    private readonly HashSet<string> _clones = new(StringComparer.Ordinal);

    private Task<Template>? _current;
    private bool _isGood;
    private int _failures;

    /// <summary>Makes the template ahead of the first start.</summary>
    /// <exception cref="ProcessManagerException">It does not come up, so that no machine would.</exception>
    internal async Task PrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            await MakeOnce().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (AgentStartException failure) when (failure.Failure == AgentStartFailure.Killed)
        {
            LogKilled(logger, failure.Message);
        }
        catch (AgentStartException failure)
        {
            throw new ProcessManagerException(ProcessManagerError.StartFailed, failure.Message, failure);
        }
    }

    /// <summary>Waits for the template that an agent is started from; <see cref="OnStartEnded"/> tells what came of it.</summary>
    /// <exception cref="AgentStartException">It could not be made; the next call tries again.</exception>
    internal async Task<Template> GetAsync(string agentId, CancellationToken cancellationToken)
    {
        Task<Template> making = MakeOnce();
        Template template = await making.WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            if (_current == making)
            {
                _clones.Add(agentId);
            }
        }

        return template;
    }

    /// <summary>The start of an agent is over.</summary>
    /// <param name="failure">Null where the agent became warm.</param>
    internal void OnStartEnded(string agentId, AgentStartFailure? failure)
    {
        lock (_lock)
        {
            if (!_clones.Remove(agentId) || _isGood)
            {
                return;
            }

            _isGood = failure is null;
            // These say something of the host, and nothing of the template.
            if (failure is null or AgentStartFailure.NotStarted or AgentStartFailure.Killed or AgentStartFailure.Cancelled
                || ++_failures < MostFailures)
            {
                return;
            }

            _current = null;
        }

        LogDiscarded(logger, key.ToString());
        store.Remove(key);
        // Its files are closed with the last clone that is just being started from it.
    }

    /// <summary>Gives up a template that is just being made.</summary>
    public async ValueTask DisposeAsync()
    {
        Task<Template>? last;
        await _closing.CancelAsync().ConfigureAwait(false);
        lock (_lock)
        {
            last = _current;
            _current = null;
        }

        if (last is not null)
        {
            await ((Task)last).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (last.IsCompletedSuccessfully)
            {
                last.Result.Dispose();
            }
        }
    }

    private Task<Template> MakeOnce()
    {
        lock (_lock)
        {
            if (_current is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _clones.Clear();
                _isGood = false;
                _failures = 0;
                _current = Task.Run(MakeAsync);
            }

            return _current;
        }
    }

    /// <summary>Of several managers that start at once, one makes it, and the others find what it has kept.</summary>
    private async Task<Template> MakeAsync()
    {
        using IDisposable? alone = await store.TryLockAsync(key, _closing.Token).ConfigureAwait(false);
        if (store.TryLoad(key) is { } kept)
        {
            return kept;
        }

        Template made = await build(_closing.Token).ConfigureAwait(false);
        store.TrySave(key, made);
        LogMade(logger, key.ToString());
        return made;
    }

    [LoggerMessage(214, LogLevel.Information, "Made the template {Key} of the microVMs")]
    private static partial void LogMade(ILogger logger, string key);

    [LoggerMessage(218, LogLevel.Warning, "{Reason} It was killed from outside, and is made again by the first start of an agent")]
    private static partial void LogKilled(ILogger logger, string reason);

    [LoggerMessage(215, LogLevel.Warning, "No clone of the template {Key} has become warm: the template is made again")]
    private static partial void LogDiscarded(ILogger logger, string key);
}
