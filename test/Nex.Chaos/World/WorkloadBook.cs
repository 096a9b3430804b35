using System.Collections.Concurrent;
using System.Text.Json;
using NATS.Client.Core;
using Nex.Control;
using Nex.Control.Events;

namespace Nex.Chaos.World;

/// <summary>What is known of every workload that was asked for: its answer, and what was told of it. Each has a name of its own.</summary>
internal sealed class WorkloadBook : IAsyncDisposable
{
    /// <summary>How a program ends that finds that another has run on its agent.</summary>
    private const int NotAlone = 66;

    private readonly ConcurrentDictionary<string, WorkloadEntry> _entries = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, WorkloadEntry> _open = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _seen = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _over = new();
    private readonly Tally _tally;
    private readonly Disturbance _disturbance;
    private Task _reading = Task.CompletedTask;
    private int _last;

    private WorkloadBook(Tally tally, Disturbance disturbance)
    {
        _tally = tally;
        _disturbance = disturbance;
    }

    internal IReadOnlyList<WorkloadEntry> Running =>
        [.. _open.Values.Where(entry => entry is { Id: not null, Stops: 0 }).OrderBy(entry => entry.Number)];

    internal static async Task<WorkloadBook> OpenAsync(NatsConnection connection, Tally tally, Disturbance disturbance)
    {
        var book = new WorkloadBook(tally, disturbance);
        INatsSub<byte[]> events = await connection.SubscribeCoreAsync<byte[]>("$NEX.events.>");
        book._reading = book.ReadAsync(events);
        return book;
    }

    internal WorkloadEntry Add(string kind, bool essential)
    {
        int number = Interlocked.Increment(ref _last);
        var entry = new WorkloadEntry { Number = number, Name = $"{kind}-{number}", IsEssential = essential, Asked = TimeProvider.System.GetUtcNow() };
        _entries[entry.Name] = _open[entry.Name] = entry;
        return entry;
    }

    /// <summary>Notes that the node answered that a workload runs.</summary>
    internal void Answer(WorkloadEntry entry, string id)
    {
        (entry.Id, entry.Answer) = (id, DeployAnswer.Started);
        _tally.Add(Section.Answers, "workloads that started");
        if (!_names.TryAdd(id, entry.Name))
        {
            _tally.Violate($"{entry.Name} and {_names[id]} have the same id: {id}.");
        }
    }

    /// <summary>At rest, when nothing runs any more: what has not been told yet and cannot have been lost.</summary>
    internal IReadOnlyList<string> Owed() =>
    [
        .. _open.Values.Where(entry => entry.FaultAtRest is not null && !MayHaveLost(entry)).OrderBy(entry => entry.Number).Select(entry => $"{entry.Name} {entry.FaultAtRest}."),
    ];

    /// <summary>Then, when nothing is owed: closes what is open, and counts what was excused.</summary>
    internal void Close()
    {
        foreach (WorkloadEntry entry in _open.Values)
        {
            if (entry.FaultAtRest is not null)
            {
                _tally.Add(Section.Excuses, "workloads of which not all was told, while the node or NATS was away");
            }
        }

        _open.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _reading;
        _over.Dispose();
    }

    private bool MayHaveLost(WorkloadEntry entry) => _disturbance.MayLoseEvent(entry.Asked, entry.Ended ?? TimeProvider.System.GetUtcNow());

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

    private void Take(NatsMsg<byte[]> message)
    {
        try
        {
            var told = EventEnvelope.Read(message.Data ?? []);
            if (!_seen.TryAdd(told.Id ?? "", 0))
            {
                TakeAgain(message.Subject);
            }
            else if (told.Data is JsonElement data && data.TryGetProperty("workload_name", out JsonElement name)
                && _entries.TryGetValue(name.GetString() ?? "", out WorkloadEntry? entry))
            {
                Take(entry, told.Type, data);
            }
        }
        catch (ControlException failure)
        {
            _tally.Violate($"What came on {message.Subject} is no event: {failure.Message}");
        }
    }

    private void Take(WorkloadEntry entry, string? type, JsonElement data)
    {
        entry.Count(type);
        if (entry.Stops > 1 || (!entry.IsEssential && entry.Starts > 1))
        {
            _tally.Violate($"{entry.Name} was told to have started {entry.Starts} and ended {entry.Stops} times.");
        }

        if (type == EventTypes.WorkloadStopped)
        {
            _tally.Add(Section.Answers, "workloads that ended, as was told");
            if (data.TryGetProperty("code", out JsonElement code) && code.GetInt32() == NotAlone)
            {
                _tally.Violate($"{entry.Name} ran on an agent that had served another before.");
            }
        }
    }

    /// <summary>A connection that broke sends what it cannot know to have arrived once more; otherwise nothing may come twice.</summary>
    private void TakeAgain(string subject)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        _tally.Add(Section.Excuses, "events that came again from a connection that broke");
        if (!_disturbance.MayLoseAnswer(now, now))
        {
            _tally.Violate($"An event came twice on {subject}.");
        }
    }
}
