namespace Nex.Chaos.World;

/// <summary>
/// When a node or its NATS was hindered so that answers and events may be lost, which nobody has promised otherwise. What begins and ends between two
/// of those times must be whole.
/// </summary>
internal sealed class Disturbance
{
    private readonly Lock _lock = new();
    private readonly List<(DateTimeOffset From, DateTimeOffset To)> _times = [];
    private TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the next of those times is over. What has no answer then will have none.</summary>
    internal Task NextOver
    {
        get
        {
            lock (_lock)
            {
                return _over.Task;
            }
        }
    }

    /// <summary>The time until the returned value is disposed of, and a little after, in which everybody finds the way back.</summary>
    internal IDisposable Begin() => new Span(this, TimeProvider.System.GetUtcNow());

    internal bool Touches(DateTimeOffset from, DateTimeOffset to)
    {
        lock (_lock)
        {
            return _times.Exists(time => time.From <= to && from <= time.To);
        }
    }

    private async Task TellAsync(TimeSpan later)
    {
        await Task.Delay(later, TimeProvider.System);
        lock (_lock)
        {
            _over.SetResult();
            _over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private sealed class Span : IDisposable
    {
        private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(5);

        private readonly Disturbance _disturbance;
        private readonly DateTimeOffset _from;
        private readonly int _index;

        internal Span(Disturbance disturbance, DateTimeOffset from)
        {
            _disturbance = disturbance;
            _from = from;
            lock (disturbance._lock)
            {
                _index = disturbance._times.Count;
                disturbance._times.Add((from, DateTimeOffset.MaxValue));
            }
        }

        public void Dispose()
        {
            lock (_disturbance._lock)
            {
                _disturbance._times[_index] = (_from, TimeProvider.System.GetUtcNow() + Recovery);
            }

            _ = _disturbance.TellAsync(Recovery);
        }
    }
}
