using Microsoft.Extensions.Logging;

namespace Nex.ProcessManager.Launchers.MicroVms.Templates;

/// <summary>
/// The one template of a manager. Starts that come while it is made wait for the same one; one that has failed a clone is thrown away, and
/// the next start makes another.
/// </summary>
internal sealed partial class TemplateSource(TemplateKey key, TemplateStore store, Func<Task<Template>> build, ILogger logger) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private Task<Template>? _current;

    /// <exception cref="Agents.AgentStartException">It could not be made; the next call tries again.</exception>
    internal Task<Template> GetAsync()
    {
        lock (_lock)
        {
            return _current is null or { IsFaulted: true } or { IsCanceled: true } ? _current = Task.Run(MakeAsync) : _current;
        }
    }

    /// <summary>A clone of it could not be made to run: it is not used again.</summary>
    internal void Discard(Template template)
    {
        lock (_lock)
        {
            if (_current is not { IsCompletedSuccessfully: true } || _current.Result != template)
            {
                return;
            }

            _current = null;
        }

        LogDiscarded(logger, key.ToString());
        store.Remove(key);
        // Its files are closed with the last clone that is just being started from it.
    }

    public async ValueTask DisposeAsync()
    {
        Task<Template>? last;
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

    private async Task<Template> MakeAsync()
    {
        if (store.TryLoad(key) is { } kept)
        {
            return kept;
        }

        Template made = await build().ConfigureAwait(false);
        store.TrySave(key, made);
        LogMade(logger, key.ToString());
        return made;
    }

    [LoggerMessage(214, LogLevel.Information, "Made the template {Key} of the microVMs")]
    private static partial void LogMade(ILogger logger, string key);

    [LoggerMessage(215, LogLevel.Warning, "A clone of the template {Key} could not be started: the template is made again")]
    private static partial void LogDiscarded(ILogger logger, string key);
}
