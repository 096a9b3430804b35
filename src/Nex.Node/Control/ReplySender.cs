using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using Nex.Node.Connections;

namespace Nex.Node.Control;

/// <summary>Sends replies. One that tells of something done is not lost with a connection that breaks meanwhile.</summary>
internal sealed partial class ReplySender(INatsConnection connection, ConnectionWatch watch, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>The largest message that the server takes; one that is larger would cost the connection.</summary>
    internal int MaxBytes => connection.ServerInfo?.MaxPayload is > 0 and var most ? most : 1024 * 1024;

    /// <summary>Hands a reply to the connection, and waits for that while NATS is away.</summary>
    internal ValueTask SendAsync(string replyTo, byte[] reply, CancellationToken cancellationToken) =>
        connection.PublishAsync(replyTo, reply, serializer: NatsRawSerializer<byte[]>.Default, cancellationToken: cancellationToken);

    /// <summary>Sends a reply until it has reached the server, and there somebody who waits for it.</summary>
    /// <param name="epoch">Of the connection that the request came on.</param>
    internal async Task DeliverAsync(string replyTo, byte[] reply, int epoch, CancellationToken cancellationToken)
    {
        if (watch.Epoch == epoch && watch.IsOpen)
        {
            await SendAsync(replyTo, reply, cancellationToken).ConfigureAwait(false);
            if (await watch.ConfirmAsync(epoch, cancellationToken).ConfigureAwait(false))
            {
                return;
            }
        }

        // The connection has been lost since the request: who has sent it may not be back yet, and would miss the reply.
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var patience = new CancellationTokenSource(Patience, time);
        await using CancellationTokenRegistration ending = patience.Token.UnsafeRegister(_ => deadline.Cancel(), null);
        while (!await TryReachAsync(replyTo, reply, deadline.Token).ConfigureAwait(false))
        {
            LogNotReached(logger);
            await Task.Delay(RetryInterval, time, deadline.Token).ConfigureAwait(false);
        }
    }

    /// <summary>A message that has a reply subject itself is answered by the server when nobody receives it.</summary>
    private async Task<bool> TryReachAsync(string replyTo, byte[] reply, CancellationToken cancellationToken)
    {
        string inbox = connection.NewInbox();
        await using INatsSub<NatsMemoryOwner<byte>> answers = await connection
            .SubscribeCoreAsync(inbox, serializer: NatsRawSerializer<NatsMemoryOwner<byte>>.Default, cancellationToken: cancellationToken).ConfigureAwait(false);
        await connection
            .PublishAsync(replyTo, reply, replyTo: inbox, serializer: NatsRawSerializer<byte[]>.Default, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (!await watch.ConfirmAsync(watch.Epoch, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        bool missed = false;
        while (answers.Msgs.TryRead(out NatsMsg<NatsMemoryOwner<byte>> answer))
        {
            missed |= answer.HasNoResponders;
            answer.Data.Dispose();
        }

        return !missed;
    }

    [LoggerMessage(502, LogLevel.Debug, "Nobody waits for a reply that was promised before the connection was lost; it is sent again")]
    private static partial void LogNotReached(ILogger logger);
}
