using System.Runtime.CompilerServices;
using NATS.Client.Core;

namespace Nex.Client.Streams;

/// <summary>
/// What comes on some subjects from the moment that it was opened. Read by one reader, once. Bounded in memory: what comes while a reader is
/// too far behind (16,384 messages for each subject) is dropped, and counted.
/// </summary>
/// <typeparam name="T">What is read.</typeparam>
public sealed class SubjectStream<T> : IAsyncEnumerable<T>, IAsyncDisposable
    where T : class
{
    private readonly INatsConnection _connection;
    private readonly List<INatsSub<byte[]>> _subscriptions = [];
    private readonly Func<string, byte[], T?> _read;
    private long _dropped;

    private SubjectStream(INatsConnection connection, Func<string, byte[], T?> read)
    {
        _connection = connection;
        _read = read;
    }

    /// <summary>How many messages have been dropped, because its reader was too far behind. May be asked from any thread.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <param name="read">Null for what is not to be read.</param>
    internal static async Task<SubjectStream<T>> OpenAsync(
        INatsConnection connection, string[] subjects, Func<string, byte[], T?> read, CancellationToken cancellation)
    {
        var stream = new SubjectStream<T>(connection, read);
        try
        {
            foreach (string subject in subjects)
            {
                stream._subscriptions.Add(await connection
                    .SubscribeCoreAsync(subject, serializer: NatsRawSerializer<byte[]>.Default, cancellationToken: cancellation).ConfigureAwait(false));
            }

            connection.MessageDropped += stream.CountAsync;
            // The server has heard of the subscriptions once it answers what is sent after them.
            _ = await connection.PingAsync(cancellation).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Reads until the token is cancelled, which throws, or the stream is disposed of or its connection closed, which ends it.</summary>
    public async IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        await foreach (NatsMsg<byte[]> message in ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_read(message.Subject, message.Data ?? []) is { } item)
            {
                yield return item;
            }
        }
    }

    /// <summary>What has come and was not read, without waiting. Not while somebody reads.</summary>
    public IEnumerable<T> ReadAvailable()
    {
        foreach (INatsSub<byte[]> subscription in _subscriptions)
        {
            while (subscription.Msgs.TryRead(out NatsMsg<byte[]> message))
            {
                if (_read(message.Subject, message.Data ?? []) is { } item)
                {
                    yield return item;
                }
            }
        }
    }

    /// <summary>Ends the subscriptions.</summary>
    public async ValueTask DisposeAsync()
    {
        _connection.MessageDropped -= CountAsync;
        foreach (INatsSub<byte[]> subscription in _subscriptions)
        {
            await subscription.DisposeAsync().ConfigureAwait(false);
        }
    }

    private ValueTask CountAsync(object? sender, NatsMessageDroppedEventArgs dropped)
    {
        if (_subscriptions.Any(each => ReferenceEquals(each, dropped.Subscription)))
        {
            _ = Interlocked.Increment(ref _dropped);
        }

        return ValueTask.CompletedTask;
    }

    private async IAsyncEnumerable<NatsMsg<byte[]>> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        Task<bool>?[] waits = [.. _subscriptions.Select(subscription => subscription.Msgs.WaitToReadAsync(cancellation).AsTask())];
        while (waits.OfType<Task<bool>>().ToArray() is { Length: > 0 } open)
        {
            _ = await Task.WhenAny(open).ConfigureAwait(false);
            for (int index = 0; index < waits.Length; index++)
            {
                if (waits[index] is not { IsCompleted: true } ready)
                {
                    continue;
                }

                bool more = await ready.ConfigureAwait(false);
                while (_subscriptions[index].Msgs.TryRead(out NatsMsg<byte[]> message))
                {
                    yield return message;
                }

                waits[index] = more ? _subscriptions[index].Msgs.WaitToReadAsync(cancellation).AsTask() : null;
            }
        }
    }
}
