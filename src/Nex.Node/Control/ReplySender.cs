using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using Nex.Node.Connections;

namespace Nex.Node.Control;

/// <summary>Sends replies. One that tells of something done is not lost with a connection that breaks meanwhile.</summary>
internal sealed partial class ReplySender(INatsConnection connection, ConnectionWatch watch, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Hands a reply to the connection, and waits for that while NATS is away.</summary>
    internal ValueTask SendAsync(string replyTo, byte[] reply, CancellationToken cancellationToken) =>
        watch.PublishAsync(replyTo, reply, headers: null, replyTo: null, cancellationToken);

    /// <summary>Sends a reply, and waits until it has reached the server.</summary>
    /// <param name="askedOn">The connection that the request came on.</param>
    /// <returns>False when that connection was lost before, so that who has asked may not have it.</returns>
    internal async Task<bool> TryDeliverAsync(string replyTo, byte[] reply, ConnectionId askedOn, CancellationToken cancellationToken)
    {
        if (watch.Current != askedOn || !watch.IsOpen)
        {
            return false;
        }

        await SendAsync(replyTo, reply, cancellationToken).ConfigureAwait(false);
        return await watch.ConfirmAsync(askedOn, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Sends a reply until it has reached the server, and there somebody who waits for it. Who has sent the request may have been on the
    /// connection that was lost, and may come back later than the node.
    /// </summary>
    /// <exception cref="OperationCanceledException">It has reached nobody in time.</exception>
    internal async Task InsistAsync(string replyTo, byte[] reply, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        while (!await TryReachAsync(replyTo, reply, deadline.Token).ConfigureAwait(false))
        {
            LogNotReached(logger);
            await Task.Delay(RetryInterval, time, deadline.Token).ConfigureAwait(false);
        }
    }

    /// <summary>A message that has a reply subject itself is answered by the server when nobody receives it.</summary>
    private async Task<bool> TryReachAsync(string replyTo, byte[] reply, CancellationToken cancellationToken)
    {
        try
        {
            ConnectionId on = await watch.OpenAsync(cancellationToken).ConfigureAwait(false);
            string inbox = connection.NewInbox();
            await using INatsSub<NatsMemoryOwner<byte>> answers = await connection
                .SubscribeCoreAsync(inbox, serializer: NatsRawSerializer<NatsMemoryOwner<byte>>.Default, cancellationToken: cancellationToken).ConfigureAwait(false);
            await watch.PublishAsync(replyTo, reply, headers: null, inbox, cancellationToken).ConfigureAwait(false);
            return await watch.ConfirmAsync(on, cancellationToken).ConfigureAwait(false) && IsReceived(answers);
        }
        catch (Exception failure) when (failure is not ObjectDisposedException && !cancellationToken.IsCancellationRequested)
        {
            LogNotTried(logger, failure);
            return false;
        }
    }

    private static bool IsReceived(INatsSub<NatsMemoryOwner<byte>> answers)
    {
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

    [LoggerMessage(509, LogLevel.Debug, "A reply that was promised could not be sent; it is sent again")]
    private static partial void LogNotTried(ILogger logger, Exception failure);
}
