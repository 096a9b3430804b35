using System.Runtime.CompilerServices;

namespace Nex.Workloads.Streams;

/// <summary>
/// The last of what was written, for any number of readers, each at its own pace. The writer never waits: a reader that falls behind what
/// is kept misses items, and is told how many. A reader that comes later begins with the oldest that is kept.
/// </summary>
/// <param name="maxItems">How many items are kept.</param>
/// <param name="maxCost">What all items that are kept may cost together; the newest is kept whatever it costs.</param>
/// <param name="cost">What an item costs, such as its length.</param>
internal sealed class ReplayBuffer<T>(int maxItems, long maxCost, Func<T, int> cost)
{
    private const int BatchItems = 64;
    private const int SmallestRing = 16;

    private readonly Lock _lock = new();
    private T[] _ring = [];
    private int _oldest;
    private int _count;
    private long _cost;
    private long _written;
    private bool _complete;
    private TaskCompletionSource? _changed;

    /// <summary>Adds an item. Does nothing once complete.</summary>
    internal void Append(T item)
    {
        lock (_lock)
        {
            if (_complete)
            {
                return;
            }

            Keep(item);
            while (_cost > maxCost && _count > 1)
            {
                DropOldest();
            }

            Signal();
        }
    }

    /// <summary>There will be no more: readers end when they have read what is kept.</summary>
    internal void Complete()
    {
        lock (_lock)
        {
            _complete = true;
            Signal();
        }
    }

    /// <summary>Reads from the oldest item that is kept, and on as items come, until the end.</summary>
    /// <returns>Each item, with how many were missed right before it.</returns>
    internal IAsyncEnumerable<(T Item, long Missed)> ReadAsync(CancellationToken cancellationToken = default) => ReadAsync(null, cancellationToken);

    /// <summary>As <see cref="ReadAsync(CancellationToken)"/>; what is not kept any more when the reader comes counts as missed.</summary>
    internal IAsyncEnumerable<(T Item, long Missed)> ReadAllAsync(CancellationToken cancellationToken = default) => ReadAsync(0, cancellationToken);

    private async IAsyncEnumerable<(T Item, long Missed)> ReadAsync(long? next, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var batch = new List<T>(BatchItems);
        while (true)
        {
            (long first, Task? changed) = Take(next, batch);
            long missed = first - (next ?? first);
            foreach (T item in batch)
            {
                yield return (item, missed);
                missed = 0;
            }

            next = first + batch.Count;
            if (batch.Count == 0)
            {
                if (changed is null)
                {
                    yield break;
                }

                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Copies what comes next into the batch.</summary>
    /// <returns>The number of its first item, and, where there is none yet, what completes when there may be; null at the end.</returns>
    private (long First, Task? Changed) Take(long? next, List<T> batch)
    {
        lock (_lock)
        {
            long oldest = _written - _count;
            long first = Math.Max(next ?? oldest, oldest);
            batch.Clear();
            for (int index = (int)(first - oldest); index < _count && batch.Count < BatchItems; index++)
            {
                batch.Add(_ring[(_oldest + index) % _ring.Length]);
            }

            if (batch.Count > 0 || _complete)
            {
                return (first, null);
            }

            _changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return (first, _changed.Task);
        }
    }

    private void Keep(T item)
    {
        if (_count == maxItems)
        {
            DropOldest();
        }
        else if (_count == _ring.Length)
        {
            Grow();
        }

        _ring[(_oldest + _count++) % _ring.Length] = item;
        _cost += cost(item);
        _written++;
    }

    private void DropOldest()
    {
        _cost -= cost(_ring[_oldest]);
        _ring[_oldest] = default!;
        _oldest = (_oldest + 1) % _ring.Length;
        _count--;
    }

    /// <summary>Most workloads write little: the ring becomes as large as it has to.</summary>
    private void Grow()
    {
        var larger = new T[Math.Min(maxItems, Math.Max(SmallestRing, 2 * _ring.Length))];
        for (int index = 0; index < _count; index++)
        {
            larger[index] = _ring[(_oldest + index) % _ring.Length];
        }

        (_ring, _oldest) = (larger, 0);
    }

    private void Signal()
    {
        _changed?.TrySetResult();
        _changed = null;
    }
}
