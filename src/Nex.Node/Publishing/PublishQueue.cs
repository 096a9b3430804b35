using System.Diagnostics;

namespace Nex.Node.Publishing;

/// <summary>
/// What waits to be published, in bounded memory. Whoever adds never waits: beyond the bound the oldest lines of logs and heartbeats go, and
/// only when there are none the oldest events. What is left comes out in the order in which it came in. Safe from any thread; one takes.
/// </summary>
internal sealed class PublishQueue(int maxMessages, long maxBytes)
{
    private readonly Lock _lock = new();
    private readonly Queue<(OutgoingMessage Message, long Sequence)> _events = new();
    private readonly Queue<(OutgoingMessage Message, long Sequence)> _others = new();
    private readonly HashSet<WorkloadLog> _lossy = [];
    private TaskCompletionSource? _waiting;
    private long _sequence;
    private long _bytes;
    private bool _complete;

    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _events.Count + _others.Count;
            }
        }
    }

    /// <summary>Adds a message, which is dropped once the queue is complete.</summary>
    internal void Add(in OutgoingMessage message)
    {
        TaskCompletionSource? waiting;
        lock (_lock)
        {
            if (_complete)
            {
                Drop(message);
                return;
            }

            (message.Kind == MessageKind.Event ? _events : _others).Enqueue((message, _sequence++));
            _bytes += message.Cost;
            NodeTelemetry.Buffered.Add(1);
            while (_events.Count + _others.Count > maxMessages || (_bytes > maxBytes && _events.Count + _others.Count > 1))
            {
                Drop(Dequeue(_others.Count > 0 ? _others : _events));
            }

            waiting = _waiting;
            _waiting = null;
        }

        waiting?.TrySetResult();
    }

    /// <summary>Nothing more comes.</summary>
    internal void Complete()
    {
        TaskCompletionSource? waiting;
        lock (_lock)
        {
            _complete = true;
            waiting = _waiting;
            _waiting = null;
        }

        waiting?.TrySetResult();
    }

    /// <summary>Waits until there is something to take.</summary>
    /// <returns>False at the end.</returns>
    internal async ValueTask<bool> WaitAsync()
    {
        while (true)
        {
            Task waiting;
            lock (_lock)
            {
                if (_events.Count + _others.Count + _lossy.Count > 0)
                {
                    return true;
                }

                if (_complete)
                {
                    return false;
                }

                _waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                waiting = _waiting.Task;
            }

            await waiting.ConfigureAwait(false);
        }
    }

    /// <summary>Takes what comes next, up to so many. What was lost is told of where it is missing.</summary>
    internal void Take(List<OutgoingMessage> batch, int most)
    {
        batch.Clear();
        lock (_lock)
        {
            while (batch.Count < most && NextQueue() is { } queue)
            {
                OutgoingMessage message = Dequeue(queue);
                if (message.Log is { Lost: > 0 } log)
                {
                    batch.Add(TakeNote(log));
                }

                batch.Add(message);
            }

            if (_events.Count + _others.Count == 0)
            {
                foreach (WorkloadLog log in _lossy.ToArray())
                {
                    batch.Add(TakeNote(log));
                }
            }
        }
    }

    /// <summary>Counts a message that is not published, and sees to it that the lines that are lost with it are told of.</summary>
    internal void Drop(in OutgoingMessage message)
    {
        NodeTelemetry.Dropped.Add(1, NodeTelemetry.Tag(NodeTelemetry.MessageKind, Name(message.Kind)));
        lock (_lock)
        {
            if (message.Log is { } log)
            {
                log.Lost += message.Lines;
                _lossy.Add(log);
            }
        }
    }

    private Queue<(OutgoingMessage Message, long Sequence)>? NextQueue() => (_events.TryPeek(out var first), _others.TryPeek(out var other)) switch
    {
        (true, true) => first.Sequence < other.Sequence ? _events : _others,
        (true, false) => _events,
        (false, true) => _others,
        _ => null,
    };

    private OutgoingMessage Dequeue(Queue<(OutgoingMessage Message, long Sequence)> queue)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        OutgoingMessage message = queue.Dequeue().Message;
        _bytes -= message.Cost;
        NodeTelemetry.Buffered.Add(-1);
        return message;
    }

    private OutgoingMessage TakeNote(WorkloadLog log)
    {
        long lost = log.Lost;
        log.Lost = 0;
        _lossy.Remove(log);
        return log.LostNote(lost);
    }

    internal static string Name(MessageKind kind) => kind switch
    {
        MessageKind.Event => "event",
        MessageKind.Heartbeat => "heartbeat",
        _ => "log",
    };
}
