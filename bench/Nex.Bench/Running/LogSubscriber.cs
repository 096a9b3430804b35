using System.Diagnostics;
using NATS.Client.Core;

namespace Nex.Bench.Running;

/// <summary>Counts what comes on NATS, on a connection of its own, and does nothing else: it keeps up with more than any reader does.</summary>
internal sealed class LogSubscriber : IAsyncDisposable
{
    // What comes while this process is at something else must not be lost here.
    private const int Pending = 1_000_000;
    private readonly NatsConnection _connection;
    private readonly INatsSub<byte[]> _messages;

    private LogSubscriber(NatsConnection connection, INatsSub<byte[]> messages)
    {
        _connection = connection;
        _messages = messages;
    }

    internal static async Task<LogSubscriber> OpenAsync(RunningNats nats, string subject)
    {
        var connection = new NatsConnection(NatsOpts.Default with { Url = nats.Url, SubPendingChannelCapacity = Pending });
        INatsSub<byte[]> messages = await connection.SubscribeCoreAsync(subject, serializer: NatsRawSerializer<byte[]>.Default);
        await connection.PingAsync();
        return new LogSubscriber(connection, messages);
    }

    /// <summary>Waits for a message of a kind.</summary>
    internal async Task WaitAsync(Func<NatsMsg<byte[]>, bool> isMeant, CancellationToken cancellationToken)
    {
        await foreach (NatsMsg<byte[]> message in _messages.Msgs.ReadAllAsync(cancellationToken))
        {
            if (isMeant(message))
            {
                return;
            }
        }
    }

    /// <summary>Counts messages of a kind until there is one of another.</summary>
    internal async Task<Count> CountAsync(Func<NatsMsg<byte[]>, bool> isCounted, Func<NatsMsg<byte[]>, int, bool> isLast, CancellationToken cancellationToken)
    {
        int count = 0;
        int bytes = 0;
        long first = 0;
        long last = 0;
        await foreach (NatsMsg<byte[]> message in _messages.Msgs.ReadAllAsync(cancellationToken))
        {
            if (isCounted(message))
            {
                last = Stopwatch.GetTimestamp();
                first = count++ == 0 ? last : first;
                bytes = message.Data?.Length ?? 0;
            }

            if (isLast(message, count))
            {
                break;
            }
        }

        return new Count(count, bytes, Stopwatch.GetElapsedTime(first, last).TotalSeconds);
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <param name="Bytes">Of the last of them.</param>
    /// <param name="Seconds">From the first to the last.</param>
    internal readonly record struct Count(int Messages, int Bytes, double Seconds)
    {
        internal double PerSecond => Messages / Seconds;
    }
}
