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

    // Known to JetStream, which drops what has the same within two minutes.
    private const string MessageIdHeader = "Nats-Msg-Id";

    private readonly ConnectionWatch _watch;
    private readonly PublishQueue _queue;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _abandoned = new();
    private readonly Task _pumping;

    internal Publisher(ConnectionWatch watch, NodeOptions options, TimeProvider time, ILogger logger)
    {
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
        while (await _queue.WaitAsync().ConfigureAwait(false))
        {
            _queue.Take(batch, BatchMessages);
            try
            {
                await PublishAsync(batch).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_abandoned.IsCancellationRequested)
            {
                LogAbandoned(_logger, batch.Count + _queue.Count);
                return;
            }
            catch (Exception failure)
            {
                // Whatever it is, what comes after it is published all the same.
                LogFailed(_logger, failure, batch.Count);
                batch.ForEach(Drop);
            }
        }
    }

    private async Task PublishAsync(List<OutgoingMessage> batch)
    {
        while (batch.Count > 0)
        {
            ConnectionId on = await _watch.OpenAsync(_abandoned.Token).ConfigureAwait(false);
            foreach (OutgoingMessage message in batch)
            {
                await SendAsync(message).ConfigureAwait(false);
            }

            // Events are kept until the server has them. What else is lost with a connection stays lost.
            _ = batch.RemoveAll(message => message.Kind != MessageKind.Event);
            if (batch.Count > 0 && !await _watch.ConfirmAsync(on, _abandoned.Token).ConfigureAwait(false))
            {
                LogSentAgain(_logger);
            }
            else
            {
                batch.Clear();
            }
        }
    }

    private async ValueTask SendAsync(OutgoingMessage message)
    {
        if (message.Payload.Length > _watch.MaxBytes)
        {
            // The server would close the connection.
            Drop(message);
            LogTooLarge(_logger, message.Subject, message.Payload.Length);
            return;
        }

        try
        {
            NatsHeaders? headers = message.EventId is { } id ? new NatsHeaders { [MessageIdHeader] = id.ToString() } : null;
            await _watch.PublishAsync(message.Subject, message.Payload, headers, replyTo: null, _abandoned.Token).ConfigureAwait(false);
            NodeTelemetry.Published.Add(1, NodeTelemetry.Tag(NodeTelemetry.MessageKind, PublishQueue.Name(message.Kind)));
        }
        catch (Exception failure) when (failure is NatsException or InvalidOperationException or ArgumentException)
        {
            Drop(message);
            LogNotPublished(_logger, failure, message.Subject);
        }
    }

    /// <summary>A line that cannot be published is told of where it is missing; what tells of that need not be told of again, for ever.</summary>
    private void Drop(OutgoingMessage message) => _queue.Drop(message.TellsOfLoss ? message with { Log = null } : message);

    [LoggerMessage(510, LogLevel.Warning, "The node ends with {Count} messages that NATS was not there for")]
    private static partial void LogAbandoned(ILogger logger, int count);

    [LoggerMessage(511, LogLevel.Debug, "The connection was lost behind events: they are sent again")]
    private static partial void LogSentAgain(ILogger logger);

    [LoggerMessage(512, LogLevel.Warning, "A message for {Subject} was dropped: this NATS server does not take its {Bytes} bytes")]
    private static partial void LogTooLarge(ILogger logger, string subject, int bytes);

    [LoggerMessage(515, LogLevel.Error, "{Count} messages could not be published, for a reason that was not foreseen")]
    private static partial void LogFailed(ILogger logger, Exception failure, int count);

    [LoggerMessage(513, LogLevel.Warning, "A message for {Subject} could not be published")]
    private static partial void LogNotPublished(ILogger logger, Exception failure, string subject);
}
