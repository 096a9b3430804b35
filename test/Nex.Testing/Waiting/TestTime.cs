using Microsoft.Extensions.Time.Testing;

namespace Nex.Testing.Waiting;

/// <summary>
/// Time that stands still until a test moves it, and that tells which timers have been set: a test that moved it before its timer was set
/// would wait for ever.
/// </summary>
internal sealed class TestTime : FakeTimeProvider
{
    private readonly Milestones<TimeSpan> _set = new();
    private readonly Lock _lock = new();
    private TimeSpan? _retry;
    private bool _retriesPass;
    private TimeSpan? _passing;

    /// <summary>How long each timer was to wait, for every time that one was set.</summary>
    internal IReadOnlyList<TimeSpan> TimersSet => _set.Reached;

    /// <summary>Runs before a timer of a length is made, in the thread that makes it.</summary>
    internal Action<TimeSpan> OnTimer { get; set; } = _ => { };

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        OnTimer(dueTime);
        ITimer timer = base.CreateTimer(callback, state, dueTime, period);
        Record(dueTime);
        return new RecordedTimer(timer, this, isRetry: dueTime == Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// From now on, whenever a timer is set that was made without a time, that time passes at once. The wait for the next start of an agent
    /// is the only one of that kind, whatever it is for.
    /// </summary>
    internal void LetRetriesPass()
    {
        TimeSpan? waiting;
        lock (_lock)
        {
            _retriesPass = true;
            waiting = _retry;
        }

        if (waiting is { } wait)
        {
            Advance(wait);
        }
    }

    /// <summary>Waits until a timer of that length has been set for the given time, and then lets that much time pass.</summary>
    internal async Task PassAsync(TimeSpan length, int time = 1)
    {
        await TimerSetAsync(length, time).ConfigureAwait(false);
        Advance(length);
    }

    /// <summary>Waits until a timer of that length has been set for the given time.</summary>
    internal Task TimerSetAsync(TimeSpan length, int time = 1) => _set.CountAsync(set => set == length, time);

    /// <summary>Whether the time of some timers passes at once: whatever they wait for is too late for them, though it may be about to happen.</summary>
    internal bool Flies
    {
        get
        {
            lock (_lock)
            {
                return _passing is not null;
            }
        }
    }

    /// <summary>From now on the time of every timer of that length passes at once, and of those that are set already.</summary>
    internal void LetPass(TimeSpan length)
    {
        lock (_lock)
        {
            _passing = length;
        }

        Advance(length);
    }

    private void Record(TimeSpan dueTime)
    {
        if (dueTime == Timeout.InfiniteTimeSpan)
        {
            return;
        }

        _set.Add(dueTime);
        lock (_lock)
        {
            if (dueTime != _passing)
            {
                return;
            }
        }

        _ = Task.Run(() => Advance(dueTime));
    }

    /// <summary>Ends that.</summary>
    internal void HoldRetries()
    {
        lock (_lock)
        {
            _retriesPass = false;
        }
    }

    private void OnRetrySet(TimeSpan wait)
    {
        lock (_lock)
        {
            _retry = wait;
            if (!_retriesPass)
            {
                return;
            }
        }

        _ = Task.Run(() => Advance(wait));
    }

    private sealed class RecordedTimer(ITimer timer, TestTime time, bool isRetry) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            bool changed = timer.Change(dueTime, period);
            time.Record(dueTime);
            if (isRetry && dueTime != Timeout.InfiniteTimeSpan)
            {
                time.OnRetrySet(dueTime);
            }

            return changed;
        }

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
