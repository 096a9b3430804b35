using System.Collections.Concurrent;
using System.Text;
using NATS.Client.Core;

namespace Nex.Chaos.World;

/// <summary>Sends requests and counts every answer to each, also those that come when nobody waits any more.</summary>
internal sealed class Requester : IAsyncDisposable
{
    private readonly NatsConnection _connection;
    private readonly ChaosOptions _options;
    private readonly Disturbance _disturbance;
    private readonly Tally _tally;
    private readonly RunningNode _node;
    private readonly string _inbox = $"_INBOX.chaos.{Guid.NewGuid():N}";
    private readonly ConcurrentDictionary<string, Pending> _pending = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _over = new();
    private Task _reading = Task.CompletedTask;
    private long _last;

    private Requester(NatsConnection connection, ChaosOptions options, Disturbance disturbance, Tally tally, RunningNode node)
    {
        _node = node;
        _connection = connection;
        _options = options;
        _disturbance = disturbance;
        _tally = tally;
    }

    internal static async Task<Requester> OpenAsync(
        NatsConnection connection, ChaosOptions options, Disturbance disturbance, Tally tally, RunningNode node)
    {
        var requester = new Requester(connection, options, disturbance, tally, node);
        INatsSub<byte[]> answers = await connection.SubscribeCoreAsync<byte[]>($"{requester._inbox}.*");
        requester._reading = requester.ReadAsync(answers);
        return requester;
    }

    /// <returns>The answer; null where there was none, which is noted where it has no excuse.</returns>
    internal async Task<byte[]?> AskAsync(string subject, byte[] payload)
    {
        string reply = $"{_inbox}.{Interlocked.Increment(ref _last)}";
        var pending = new Pending(subject, TimeProvider.System.GetUtcNow());
        _pending[reply] = pending;
        string reason = await TryAskAsync(pending, reply, payload);
        if (pending.First.Task.IsCompleted)
        {
            _tally.Add(Section.Answers, "answers");
            return await pending.First.Task;
        }

        if (MayBeLost(pending))
        {
            _tally.Add(Section.Excuses, "requests without an answer, while the node, NATS or the way there was away");
        }
        else
        {
            _tally.Violate($"A request to {subject} at {pending.Sent:HH:mm:ss.fff} was not answered: {reason}");
        }

        return null;
    }

    /// <summary>
    /// No request may have been answered twice. For the end, when nothing comes any more. A connection that broke sends what it cannot know to have
    /// arrived once more: then the same answer may come again, and no other.
    /// </summary>
    internal void Check()
    {
        foreach (Pending pending in _pending.Values.Where(pending => pending.Answers > 1))
        {
            if (pending.IsContradicted || !_disturbance.MayLoseAnswer(pending.Sent, pending.Last))
            {
                _tally.Violate($"A request to {pending.Subject} at {pending.Sent:HH:mm:ss.fff} was answered {pending.Answers} times:{pending.Texts}");
            }

            _tally.Add(Section.Excuses, "answers that came again from a connection that broke", pending.Answers - 1);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _reading;
        _over.Dispose();
    }

    /// <summary>Waits for the answer, for as long as there may be one.</summary>
    /// <returns>Why none was waited for any longer.</returns>
    private async Task<string> TryAskAsync(Pending pending, string reply, byte[] payload)
    {
        try
        {
            Task over = _disturbance.NextOver;
            Task timeout = Task.Delay(_options.AnswerTimeout, TimeProvider.System);
            Task ended = _node.Exited;
            await _connection.PublishAsync(pending.Subject, payload, replyTo: reply).AsTask().WaitAsync(_options.AnswerTimeout);
            while (true)
            {
                Task first = await Task.WhenAny(pending.First.Task, over, timeout, ended);
                if (first == ended && MayBeLost(pending))
                {
                    // It is about to be started again, and until then there is nobody to ask.
                    ended = new TaskCompletionSource().Task;
                }
                else if (first == over && !MayBeLost(pending))
                {
                    over = _disturbance.NextOver;
                }
                else
                {
                    return first == ended ? "the node has ended by itself" : $"none came within {_options.AnswerTimeout.TotalSeconds} s";
                }
            }
        }
        catch (Exception failure) when (failure is TimeoutException or NatsException)
        {
            return failure.Message;
        }
    }

    private bool MayBeLost(Pending pending) => _disturbance.MayLoseAnswer(pending.Sent, TimeProvider.System.GetUtcNow());

    private async Task ReadAsync(INatsSub<byte[]> answers)
    {
        try
        {
            await foreach (NatsMsg<byte[]> answer in answers.Msgs.ReadAllAsync(_over.Token))
            {
                // The server itself says so where nobody listens, which is no answer of a node.
                if (answer.HasNoResponders)
                {
                    continue;
                }

                if (_pending.TryGetValue(answer.Subject, out Pending? pending))
                {
                    pending.Take(answer.Data ?? []);
                }
            }
        }
        catch (OperationCanceledException)
        {
            await answers.DisposeAsync();
        }
    }

    private sealed record Pending(string Subject, DateTimeOffset Sent)
    {
        internal TaskCompletionSource<byte[]> First { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal int Answers { get; private set; }

        /// <summary>Whether a further answer was not the first one once more.</summary>
        internal bool IsContradicted { get; private set; }

        internal DateTimeOffset Last { get; private set; }

        /// <summary>What was answered, and when.</summary>
        internal string Texts { get; private set; } = "";

        internal void Take(byte[] answer)
        {
            Answers++;
            Last = TimeProvider.System.GetUtcNow();
            Texts += $"\n  {Last:HH:mm:ss.fff} {Encoding.UTF8.GetString(answer)}";
            IsContradicted |= !First.TrySetResult(answer) && !First.Task.Result.AsSpan().SequenceEqual(answer);
        }
    }
}
