using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;
using NATS.Client.ObjectStore;
using NATS.Client.ObjectStore.Models;
using Nex.Control;

namespace Nex.Node.Artifacts;

/// <summary>
/// Reads objects of object stores. What is said of an object is written by whoever may write to the store: the reader of the library waits for ever
/// where nothing is there, follows a link that leads to itself until memory ends, and lets the server send all at once, which holds up what else the
/// connection is for.
/// </summary>
internal static class ObjectReader
{
    // A few megabytes at most, of parts as they are by default.
    private const int PartsAtOnce = 32;

    // It becomes a part of subjects, whose length a server bounds; those of all clients have less than half of this.
    private const int MaxNuidCharacters = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // After which the server removes what a fetch has left there, where it could not be removed.
    private static readonly TimeSpan Forgotten = TimeSpan.FromSeconds(30);

    /// <summary>Copies an object. Its hash is not compared.</summary>
    /// <param name="found">What its store says of it.</param>
    /// <exception cref="NatsObjException">It is not there whole.</exception>
    internal static async Task CopyAsync(INatsObjStore store, ObjectMetadata found, Stream destination, CancellationToken cancellationToken)
    {
        if (found.Nuid is not { Length: <= MaxNuidCharacters } nuid || !ControlSubjects.IsToken(nuid))
        {
            throw new NatsObjException("what its store says of it is damaged.");
        }

        string parts = $"$O.{store.Bucket}.C.{nuid}";
        INatsJSStream stream = await store.JetStreamContext
            .GetStreamAsync($"OBJ_{store.Bucket}", new StreamInfoRequest { SubjectsFilter = parts }, cancellationToken).ConfigureAwait(false);
        long left = stream.Info.State.Subjects is { } subjects && subjects.TryGetValue(parts, out long count) ? count : 0;
        if (left < found.Chunks)
        {
            throw Incomplete($"{left} of its {found.Chunks} parts are there");
        }

        ulong size = 0;
        // No ordered consumer: its filter is unknown to servers before 2.10, which then send all that the stream has.
        INatsJSConsumer consumer = await stream.CreateOrUpdateConsumerAsync(
            new ConsumerConfig
            {
                Name = $"nex-{Guid.NewGuid():n}",
                FilterSubject = parts,
                AckPolicy = ConsumerConfigAckPolicy.None,
                DeliverPolicy = ConsumerConfigDeliverPolicy.All,
                MemStorage = true,
                InactiveThreshold = Forgotten,
            },
            cancellationToken).ConfigureAwait(false);
        try
        {
            while (left > 0)
            {
                (long taken, ulong bytes) = await CopyPartsAsync(consumer, left, found.Size - size, destination, cancellationToken).ConfigureAwait(false);
                // A fetch that is cancelled may end as one to which nothing more came.
                cancellationToken.ThrowIfCancellationRequested();
                left = taken > 0 ? left - taken : throw Incomplete($"{left} of its parts did not come");
                size += bytes;
            }
        }
        finally
        {
            // Who waits for the artifact need not wait for this.
            _ = RemoveAsync(stream, consumer);
        }

        if (size != found.Size)
        {
            throw Incomplete($"it has {size} bytes, not {found.Size}");
        }
    }

    private static async Task<(long Taken, ulong Bytes)> CopyPartsAsync(
        INatsJSConsumer consumer, long most, ulong mostBytes, Stream destination, CancellationToken cancellationToken)
    {
        long taken = 0;
        ulong bytes = 0;
        var fetch = new NatsJSFetchOpts { MaxMsgs = (int)Math.Min(most, PartsAtOnce), Expires = Patience };
        await foreach (INatsJSMsg<NatsMemoryOwner<byte>> part in consumer
            .FetchAsync(fetch, NatsRawSerializer<NatsMemoryOwner<byte>>.Default, cancellationToken).ConfigureAwait(false))
        {
            using NatsMemoryOwner<byte> data = part.Data;
            taken++;
            bytes += (ulong)data.Length;
            if (bytes > mostBytes)
            {
                throw Incomplete("it has more bytes than its store says");
            }

            if (data.Length > 0)
            {
                await destination.WriteAsync(data.Memory, cancellationToken).ConfigureAwait(false);
            }
        }

        return (taken, bytes);
    }

    /// <summary>Never fails.</summary>
    private static async Task RemoveAsync(INatsJSStream stream, INatsJSConsumer consumer)
    {
        try
        {
            _ = await stream.DeleteConsumerAsync(consumer.Info.Name).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is NatsException or ObjectDisposedException or OperationCanceledException or TimeoutException)
        {
            // The server does it by itself, later.
        }
    }

    private static NatsObjException Incomplete(string how) => new($"what its store says of it is not so: {how}.");
}
