using System.Collections.Concurrent;
using NATS.Client.Core;
using Nex.Control;
using Nex.Control.Events;

namespace Nex.Chaos.World;

/// <summary>What is known of every workload that was asked for: its answer, and what was told of it. Each has a name of its own.</summary>
internal sealed class WorkloadBook : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, WorkloadEntry> _entries = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _over = new();
    private readonly Tally _tally;
    private readonly Disturbance _disturbance;
    private Task _reading = Task.CompletedTask;
    private readonly ConcurrentDictionary<string, byte> _seen = new(StringComparer.Ordinal);
    private int _last;

    private WorkloadBook(Tally tally, Disturbance disturbance)
    {
        _tally = tally;
        _disturbance = disturbance;
    }

    internal IReadOnlyList<WorkloadEntry> Running => [.. _entries.Values.Where(entry => entry is { Id: not null, Stops: 0 })];

    internal static async Task<WorkloadBook> OpenAsync(NatsConnection connection, Tally tally, Disturbance disturbance)
    {
        var book = new WorkloadBook(tally, disturbance);
        INatsSub<byte[]> events = await connection.SubscribeCoreAsync<byte[]>("$NEX.events.>");
        book._reading = book.ReadAsync(events);
        return book;
    }

    internal WorkloadEntry Add(string kind, bool essential)
    {
        var entry = new WorkloadEntry { Name = $"{kind}-{Interlocked.Increment(ref _last)}", IsEssential = essential, Asked = TimeProvider.System.GetUtcNow() };
        _entries[entry.Name] = entry;
        return entry;
    }

    /// <summary>For the end, when nothing runs any more: what started has ended once, unless that could get lost.</summary>
    internal void Check()
    {
        foreach (WorkloadEntry entry in _entries.Values)
        {
            bool hindered = _disturbance.Touches(entry.Asked, entry.Ended ?? TimeProvider.System.GetUtcNow());
            if (entry.Stops > 1 || (!entry.IsEssential && entry.Starts > 1))
            {
                _tally.Violate($"{entry.Name} was told to have started {entry.Starts} and ended {entry.Stops} times.");
            }
            else if (!hindered && entry.Id is not null && (entry.Starts == 0 || entry.Stops == 0))
            {
                _tally.Violate($"{entry.Name} was answered to have started, and told to have started {entry.Starts} and ended {entry.Stops} times.");
            }
            else if (!hindered && entry is { Id: null, IsAnswered: true, Starts: > 0 })
            {
                _tally.Violate($"{entry.Name} was refused, and told to have started.");
            }
        }

        _tally.Add("workloads that started", _entries.Values.Count(entry => entry.Id is not null));
        _tally.Add("workloads that ended, as was told", _entries.Values.Sum(entry => (long)entry.Stops));
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _reading;
        _over.Dispose();
    }

    private async Task ReadAsync(INatsSub<byte[]> events)
    {
        try
        {
            await foreach (NatsMsg<byte[]> message in events.Msgs.ReadAllAsync(_over.Token))
            {
                Take(message);
            }
        }
        catch (OperationCanceledException)
        {
            await events.DisposeAsync();
        }
    }

    /// <summary>A connection that broke sends what it cannot know to have arrived once more; otherwise nothing may come twice.</summary>
    private void TakeAgain(string subject)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        _tally.Add("events that a broken connection brought again");
        if (!_disturbance.Touches(now, now))
        {
            _tally.Violate($"An event came twice on {subject}.");
        }
    }

    private void Take(NatsMsg<byte[]> message)
    {
        _tally.Add("events");
        try
        {
            var told = EventEnvelope.Read(message.Data ?? []);
            if (!_seen.TryAdd(told.Id ?? "", 0))
            {
                TakeAgain(message.Subject);
            }
            else if (told.Data is System.Text.Json.JsonElement data && data.TryGetProperty("workload_name", out System.Text.Json.JsonElement name)
                && _entries.TryGetValue(name.GetString() ?? "", out WorkloadEntry? entry))
            {
                entry.Count(told.Type);
            }
        }
        catch (ControlException failure)
        {
            _tally.Violate($"What came on {message.Subject} is no event: {failure.Message}");
        }
    }
}

/// <summary>One workload.</summary>
internal sealed class WorkloadEntry
{
    private int _starts;
    private int _stops;

    internal required string Name { get; init; }

    internal required bool IsEssential { get; init; }

    internal required DateTimeOffset Asked { get; init; }

    internal DateTimeOffset? Ended { get; private set; }

    /// <summary>What the node answered to the deploy; null where it refused, or nothing is known.</summary>
    internal string? Id { get; set; }

    /// <summary>Whether there was an answer to the deploy.</summary>
    internal bool IsAnswered { get; set; }

    internal int Starts => Volatile.Read(ref _starts);

    internal int Stops => Volatile.Read(ref _stops);

    internal void Count(string? type)
    {
        switch (type)
        {
            case EventTypes.WorkloadStarted:
                Interlocked.Increment(ref _starts);
                break;
            case EventTypes.WorkloadStopped:
                Interlocked.Increment(ref _stops);
                Ended = TimeProvider.System.GetUtcNow();
                break;
            default:
                break;
        }
    }
}
