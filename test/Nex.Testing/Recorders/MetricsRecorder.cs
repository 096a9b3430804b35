using System.Diagnostics.Metrics;
using Nex.ProcessManager.Telemetry;
using Nex.Testing.Waiting;

namespace Nex.Testing.Recorders;

/// <summary>One report of an instrument, with the name and the value of its tag besides the sandbox.</summary>
internal sealed record Measurement(string Instrument, string TagName, string Tag, double Value);

/// <summary>Adds up what one pool reports, told from others by the name of its sandbox.</summary>
internal sealed class MetricsRecorder : IDisposable
{
    private readonly string _sandbox;
    private readonly MeterListener _listener = new();
    private readonly Milestones<Measurement> _measurements = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _agents = [];
    private readonly List<(Func<IReadOnlyDictionary<string, int>, bool> IsMet, TaskCompletionSource Met)> _waiters = [];

    internal MetricsRecorder(string sandbox)
    {
        _sandbox = sandbox;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == ProcessManagerTelemetry.Name)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument.Name, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument.Name, value, tags));
        _listener.Start();
    }

    /// <summary>Everything that was reported, in order.</summary>
    internal IReadOnlyList<Measurement> All => _measurements.Reached;

    /// <summary>The sum of one instrument, of all or of those with one value of its other tag.</summary>
    internal double Sum(string instrument, string? tag = null) => Sum(_measurements.Reached, instrument, tag);

    /// <summary>How often something was reported.</summary>
    internal int Count(string instrument) => _measurements.Reached.Count(measurement => measurement.Instrument == instrument);

    /// <summary>What does not add up to zero, though it counts what there is now.</summary>
    internal IReadOnlyList<string> FindUnbalanced() =>
    [
        .. _measurements.Reached
            .Where(measurement => measurement.Instrument is "nex.agents" or "nex.pool.waiting")
            .GroupBy(measurement => (measurement.Instrument, measurement.Tag))
            .Where(group => group.Sum(measurement => measurement.Value) != 0)
            .Select(group => $"{group.Key.Instrument} {group.Key.Tag} is {group.Sum(measurement => measurement.Value)}"),
    ];

    /// <summary>Waits until there has been a moment with exactly so many agents in a state; it may be over.</summary>
    internal Task AgentsAsync(string state, int count) => UntilAsync("nex.agents", state, count);

    /// <summary>Waits until there has been a moment at which something added up to a sum; it may be over.</summary>
    internal async Task UntilAsync(string instrument, string? tag, double sum)
    {
        for (int seen = 0; Sum(_measurements.Reached.Take(seen), instrument, tag) != sum; seen++)
        {
            _ = await _measurements.CountAsync(seen + 1).Within($"{instrument} {tag} became {sum}").ConfigureAwait(false);
        }
    }

    /// <summary>Waits until the agents that there are now, by state, are so.</summary>
    internal Task WhenAsync(Func<IReadOnlyDictionary<string, int>, bool> isMet)
    {
        lock (_lock)
        {
            if (isMet(_agents))
            {
                return Task.CompletedTask;
            }

            var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((isMet, met));
            return met.Task;
        }
    }

    public void Dispose() => _listener.Dispose();

    private static double Sum(IEnumerable<Measurement> measurements, string instrument, string? tag) => measurements
        .Where(measurement => measurement.Instrument == instrument && (tag is null || measurement.Tag == tag))
        .Sum(measurement => measurement.Value);

    private void Record(string instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string sandbox = "", otherName = "", other = "";
        foreach ((string name, object? text) in tags)
        {
            (sandbox, otherName, other) = name == "nex.sandbox" ? ($"{text}", otherName, other) : (sandbox, name, $"{text}");
        }

        if (sandbox == _sandbox)
        {
            if (instrument == "nex.agents")
            {
                RecordAgents(other, (int)value);
            }

            _measurements.Add(new Measurement(instrument, otherName, other, value));
        }
    }

    private void RecordAgents(string state, int change)
    {
        lock (_lock)
        {
            _agents[state] = _agents.GetValueOrDefault(state) + change;
            foreach ((_, TaskCompletionSource met) in _waiters.Where(waiter => waiter.IsMet(_agents)).ToArray())
            {
                met.SetResult();
                _ = _waiters.RemoveAll(waiter => waiter.Met == met);
            }
        }
    }
}
