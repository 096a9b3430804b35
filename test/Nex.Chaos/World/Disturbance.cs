namespace Nex.Chaos.World;

/// <summary>What may be lost.</summary>
internal enum Loss
{
    Answers,
    AnswersAndEvents,
}

/// <summary>
/// When a node or its NATS was hindered so that answers, or events too, may be lost, which nobody has promised otherwise. What begins and ends between two
/// of those times must be whole.
/// </summary>
internal sealed class Disturbance
{
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly List<(Loss What, DateTimeOffset From, DateTimeOffset To)> _times = [];
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

    /// <summary>Completes when all of those times are over that have ended.</summary>
    internal Task Recovered { get; private set; } = Task.CompletedTask;

    /// <summary>The time until the returned value is disposed of, and a little after, in which everybody finds the way back.</summary>
    internal IDisposable Begin(Loss what)
    {
        lock (_lock)
        {
            _times.Add((what, TimeProvider.System.GetUtcNow(), DateTimeOffset.MaxValue));
            return new Span(this, _times.Count - 1);
        }
    }

    /// <summary>Whether an answer may be lost that was to come in that time.</summary>
    internal bool MayLoseAnswer(DateTimeOffset from, DateTimeOffset to) => MayLose(from, to, _ => true);

    /// <summary>The same of an event.</summary>
    internal bool MayLoseEvent(DateTimeOffset from, DateTimeOffset to) => MayLose(from, to, what => what == Loss.AnswersAndEvents);

    private bool MayLose(DateTimeOffset from, DateTimeOffset to, Predicate<Loss> isMeant)
    {
        lock (_lock)
        {
            return _times.Exists(time => isMeant(time.What) && time.From <= to && from <= time.To);
        }
    }

    private void End(int index)
    {
        lock (_lock)
        {
            _times[index] = _times[index] with { To = TimeProvider.System.GetUtcNow() + Recovery };
            Recovered = TellAsync();
        }
    }

    private async Task TellAsync()
    {
        await Task.Delay(Recovery, TimeProvider.System);
        lock (_lock)
        {
            _over.SetResult();
            _over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private sealed class Span(Disturbance disturbance, int index) : IDisposable
    {
        public void Dispose() => disturbance.End(index);
    }
}
