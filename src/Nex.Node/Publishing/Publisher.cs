using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using Nex.Control;
using Nex.Control.Events;
using Nex.Node.Connections;

namespace Nex.Node.Publishing;

/// <summary>
/// Publishes events and logs, in the order in which they come, from memory that is bounded. While NATS is away they wait; events that may
/// have been lost with a connection are sent again, with the same id. Safe from any thread.
/// </summary>
internal sealed partial class Publisher : IDisposable
{
    private const int BatchMessages = 256;
    private const int MaxTries = 5;

    // Known to JetStream, which drops what has the same within two minutes.
    private const string MessageIdHeader = "Nats-Msg-Id";

    private readonly INatsConnection _connection;
    private readonly ConnectionWatch _watch;
    private readonly PublishQueue _queue;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _abandoned = new();
    private readonly Task _pumping;

    internal Publisher(INatsConnection connection, ConnectionWatch watch, NodeOptions options, TimeProvider time, ILogger logger)
    {
        _connection = connection;
        _watch = watch;
        _time = time;
        _logger = logger;
        _queue = new PublishQueue(options.MaxBufferedMessages, options.MaxBufferedBytes);
        _pumping = Task.Run(PumpAsync);
    }

    /// <summary>How many messages wait.</summary>
    internal int Waiting => _queue.Count;

    /// <summary>Publishes an event. A heartbeat may be dropped, because the next one says the same.</summary>
    internal void Event<T>(string @namespace, string type, string source, T data, JsonTypeInfo<T> json, DateTimeOffset? time = null)
    {
        var id = Guid.NewGuid();
        byte[] payload = EventEnvelope.Write(id, type, source, data, json, time ?? _time.GetUtcNow());
        MessageKind kind = type == EventTypes.Heartbeat ? MessageKind.Heartbeat : MessageKind.Event;
        _queue.Add(new OutgoingMessage(kind, ControlSubjects.Event(@namespace, type), payload) { EventId = id });
    }

    /// <summary>Publishes a line of a log.</summary>
    internal void Log(in OutgoingMessage line) => _queue.Add(line);

    /// <summary>Takes nothing more, and waits until all has been published.</summary>
    /// <param name="cancellationToken">Gives up what still waits.</param>
    internal async Task CompleteAsync(CancellationToken cancellationToken)
    {
        _queue.Complete();
        await using CancellationTokenRegistration giveUp = cancellationToken.UnsafeRegister(_ => _abandoned.Cancel(), null);
        await _pumping.ConfigureAwait(false);
    }

    /// <summary>Once it is complete.</summary>
    public void Dispose() => _abandoned.Dispose();

    private async Task PumpAsync()
    {
        var batch = new List<OutgoingMessage>(BatchMessages);
        try
        {
            while (await _queue.WaitAsync().ConfigureAwait(false))
            {
                _queue.Take(batch, BatchMessages);
                await PublishAsync(batch).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_abandoned.IsCancellationRequested)
        {
            LogAbandoned(_logger, batch.Count + _queue.Count);
        }
    }

    private async Task PublishAsync(List<OutgoingMessage> batch)
    {
        int epoch = _watch.Epoch;
        bool hasEvents = false;
        foreach (OutgoingMessage message in batch)
        {
            hasEvents |= message.Kind == MessageKind.Event;
            await SendAsync(message).ConfigureAwait(false);
            NodeTelemetry.Published.Add(1, NodeTelemetry.Tag(NodeTelemetry.MessageKind, PublishQueue.Name(message.Kind)));
        }

        for (int tries = 1; hasEvents && tries < MaxTries && !await _watch.ConfirmAsync(epoch, _abandoned.Token).ConfigureAwait(false); tries++)
        {
            LogSentAgain(_logger);
            foreach (OutgoingMessage message in batch.Where(message => message.Kind == MessageKind.Event))
            {
                await SendAsync(message).ConfigureAwait(false);
            }

            // Behind the sending, which waits while NATS is away.
            epoch = _watch.Epoch;
        }
    }

    private async ValueTask SendAsync(OutgoingMessage message)
    {
        if (message.Payload.Length > (_connection.ServerInfo?.MaxPayload is > 0 and var most ? most : int.MaxValue))
        {
            // The server would close the connection.
            NodeTelemetry.Dropped.Add(1, NodeTelemetry.Tag(NodeTelemetry.MessageKind, PublishQueue.Name(message.Kind)));
            LogTooLarge(_logger, message.Subject, message.Payload.Length);
            return;
        }

        try
        {
            NatsHeaders? headers = message.EventId is { } id ? new NatsHeaders { [MessageIdHeader] = id.ToString() } : null;
            await _connection.PublishAsync(
                message.Subject, message.Payload, headers, serializer: NatsRawSerializer<byte[]>.Default, cancellationToken: _abandoned.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is NatsException or ObjectDisposedException or InvalidOperationException or ArgumentException)
        {
            NodeTelemetry.Dropped.Add(1, NodeTelemetry.Tag(NodeTelemetry.MessageKind, PublishQueue.Name(message.Kind)));
            LogNotPublished(_logger, failure, message.Subject);
        }
    }

    [LoggerMessage(510, LogLevel.Warning, "The node ends with {Count} messages that NATS was not there for")]
    private static partial void LogAbandoned(ILogger logger, int count);

    [LoggerMessage(511, LogLevel.Debug, "The connection was lost behind events: they are sent again")]
    private static partial void LogSentAgain(ILogger logger);

    [LoggerMessage(512, LogLevel.Warning, "A message for {Subject} was dropped: this NATS server does not take its {Bytes} bytes")]
    private static partial void LogTooLarge(ILogger logger, string subject, int bytes);

    [LoggerMessage(513, LogLevel.Warning, "A message for {Subject} could not be published")]
    private static partial void LogNotPublished(ILogger logger, Exception failure, string subject);
}
