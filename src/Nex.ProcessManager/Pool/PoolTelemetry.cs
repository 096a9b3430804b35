using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Telemetry;

namespace Nex.ProcessManager.Pool;

/// <summary>
/// What one pool reports, tagged with its sandbox. It is noted where it happens, under the lock of the pool, and told when that is not held:
/// who listens is strangers' code.
/// </summary>
internal sealed class PoolTelemetry(string sandbox, TimeProvider time, ILogger logger)
{
    private static readonly string[] StateNames = ["starting", "warm", "prepared", "stopping", "exited"];

    private readonly ConcurrentQueue<Note> _notes = new();
    private readonly Lock _telling = new();
    private readonly KeyValuePair<string, object?> _sandbox = ProcessManagerTelemetry.Sandbox(sandbox);

    internal void Entered(AgentState state) => Count(state, 1);

    internal void Left(AgentState state) => Count(state, -1);

    internal void Warmed(long since)
    {
        Add(ProcessManagerTelemetry.Starts, 1);
        AddTime(ProcessManagerTelemetry.StartDuration, since);
        Tell();
    }

    internal void StartFailed(AgentStartFailure failure) => Add(ProcessManagerTelemetry.StartFailures, 1, new("error.type", failure.ToString()));

    internal void Exited(AgentExitCause cause) => Add(ProcessManagerTelemetry.Exits, 1, new("nex.exit.cause", cause.ToString()));

    internal void Waiting(int change) => Add(ProcessManagerTelemetry.Waiting, change);

    internal void Waited(long since) => AddTime(ProcessManagerTelemetry.WaitDuration, since);

    internal void Prepared(long since)
    {
        AddTime(ProcessManagerTelemetry.PrepareDuration, since);
        Tell();
    }

    /// <summary>Tells what has been noted, in its order. When it returns, all that was noted before the call has been told.</summary>
    internal void Tell()
    {
        // A listener may call the pool: what comes of that is told behind what it has just been told.
        if (_notes.IsEmpty || _telling.IsHeldByCurrentThread)
        {
            return;
        }

        lock (_telling)
        {
            while (_notes.TryPeek(out Note note))
            {
                ProcessManagerTelemetry.Harmless(() => note.Tell(_sandbox), logger);
                _ = _notes.TryDequeue(out _);
            }
        }
    }

    private void Count(AgentState state, int change) => Add(ProcessManagerTelemetry.Agents, change, new("nex.agent.state", StateNames[(int)state]));

    private void AddTime(Histogram<double> histogram, long since) => Add(histogram, time.GetElapsedTime(since).TotalSeconds);

    private void Add(Instrument instrument, double value, KeyValuePair<string, object?>? tag = null)
    {
        if (instrument.Enabled)
        {
            _notes.Enqueue(new Note(instrument, value, tag));
        }
    }

    private readonly record struct Note(Instrument Instrument, double Value, KeyValuePair<string, object?>? Tag)
    {
        internal void Tell(KeyValuePair<string, object?> sandbox)
        {
            ReadOnlySpan<KeyValuePair<string, object?>> tags = Tag is { } tag ? [sandbox, tag] : [sandbox];
            switch (Instrument)
            {
                case Counter<long> counter:
                    counter.Add((long)Value, tags);
                    break;
                case UpDownCounter<long> counter:
                    counter.Add((long)Value, tags);
                    break;
                case Histogram<double> histogram:
                    histogram.Record(Value, tags);
                    break;
            }
        }
    }
}
