namespace Nex.Testing.Waiting;

/// <summary>Things that happen one after the other, each of which can be waited for by its number or by what it is.</summary>
internal sealed class Milestones<T>
{
    private readonly Lock _lock = new();
    private readonly List<T> _reached = [];
    private readonly List<(Func<IReadOnlyList<T>, bool> IsMet, TaskCompletionSource Met)> _waiters = [];

    /// <summary>What has happened so far.</summary>
    internal IReadOnlyList<T> Reached
    {
        get
        {
            lock (_lock)
            {
                return [.. _reached];
            }
        }
    }

    internal void Add(T item)
    {
        lock (_lock)
        {
            _reached.Add(item);
            foreach ((Func<IReadOnlyList<T>, bool> isMet, TaskCompletionSource met) in _waiters.ToArray())
            {
                if (isMet(_reached))
                {
                    _ = met.TrySetResult();
                    _ = _waiters.RemoveAll(waiter => waiter.Met == met);
                }
            }
        }
    }

    /// <summary>Waits until so many have happened.</summary>
    internal async Task<IReadOnlyList<T>> CountAsync(int count)
    {
        await UntilAsync(reached => reached.Count >= count).Within($"{count} of {typeof(T).Name} happened").ConfigureAwait(false);
        return Reached;
    }

    /// <summary>Waits until so many that are like this have happened.</summary>
    internal Task CountAsync(Func<T, bool> isLike, int count) =>
        UntilAsync(reached => reached.Count(isLike) >= count).Within($"{count} of a certain {typeof(T).Name} happened");

    /// <summary>Waits for the one of that number, from 0 on.</summary>
    internal async Task<T> AtAsync(int index) => (await CountAsync(index + 1).ConfigureAwait(false))[index];

    /// <summary>Waits for the first that is like this.</summary>
    internal async Task<T> FirstAsync(Func<T, bool> isLike)
    {
        await UntilAsync(reached => reached.Any(isLike)).Within($"a certain {typeof(T).Name} happened").ConfigureAwait(false);
        return Reached.First(isLike);
    }

    private Task UntilAsync(Func<IReadOnlyList<T>, bool> isMet)
    {
        lock (_lock)
        {
            if (isMet(_reached))
            {
                return Task.CompletedTask;
            }

            var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((isMet, met));
            return met.Task;
        }
    }
}
