using System.Diagnostics;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using Nex.Control.Messages;
using Nex.Node.Connections;

namespace Nex.Node.Control;

/// <summary>
/// Takes requests from NATS and sees to it that each gets exactly one reply, whatever is in it and however it fails. No request waits for
/// another; too many at once are refused, by kind, so that one kind cannot starve the others.
/// </summary>
internal sealed partial class ControlServer : IDisposable
{
    // Most that a request can be: more than any real one has, and little enough to read many at once.
    private const int MaxRequestBytes = 1024 * 1024;
    private const int MaxErrorCharacters = 1000;
    private const int WaitingRequests = 256;

    private readonly INatsConnection _connection;
    private readonly ConnectionWatch _watch;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ReplySender _replies;
    private readonly int _maxInWork;
    private readonly List<INatsSub<NatsMemoryOwner<byte>>> _subscriptions = [];
    private readonly List<Task> _readers = [];
    private readonly List<RequestGate> _gates = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _abandoned = new();

    internal ControlServer(INatsConnection connection, ConnectionWatch watch, int maxInWork, TimeProvider time, ILogger logger)
    {
        _connection = connection;
        _watch = watch;
        _time = time;
        _logger = logger;
        _maxInWork = maxInWork;
        _replies = new ReplySender(connection, watch, time, logger);
    }

    /// <summary>Subscribes. When it returns, the server delivers requests.</summary>
    internal async Task OpenAsync(IEnumerable<ControlRoute> routes, CancellationToken cancellationToken)
    {
        // Where a reader is behind, the connection waits: nothing is dropped without an answer.
        var options = new NatsSubOpts
        {
            ChannelOpts = new NatsSubChannelOpts { Capacity = WaitingRequests, FullMode = System.Threading.Channels.BoundedChannelFullMode.Wait },
        };
        foreach (ControlRoute route in routes)
        {
            var gate = new RequestGate(_maxInWork);
            _gates.Add(gate);
            foreach (string subject in route.Subjects)
            {
                INatsSub<NatsMemoryOwner<byte>> subscription = await _connection.SubscribeCoreAsync(
                    subject, serializer: NatsRawSerializer<NatsMemoryOwner<byte>>.Default, opts: options, cancellationToken: cancellationToken).ConfigureAwait(false);
                _subscriptions.Add(subscription);
                _readers.Add(ReadAsync(subscription, route, gate));
            }
        }

        _ = await _connection.PingAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes no more requests. Those that the server has sent are answered all the same.</summary>
    internal async Task CloseAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_subscriptions.Select(DrainAsync)).ConfigureAwait(false);
        await Task.WhenAll(_readers).ConfigureAwait(false);
    }

    /// <summary>Waits, after the close, until each request has its reply.</summary>
    /// <param name="cancellationToken">Gives up those that are still not answered.</param>
    internal async Task FinishAsync(CancellationToken cancellationToken)
    {
        await using CancellationTokenRegistration giveUp = cancellationToken.UnsafeRegister(_ => _abandoned.Cancel(), null);
        await Task.WhenAll(_gates.Select(gate => gate.CloseAsync())).ConfigureAwait(false);
    }

    /// <summary>Once it has finished.</summary>
    public void Dispose()
    {
        _stopping.Dispose();
        _abandoned.Dispose();
    }

    private async Task DrainAsync(INatsSub<NatsMemoryOwner<byte>> subscription)
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2), _time);
            await subscription.DrainAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is NatsException or ObjectDisposedException or OperationCanceledException or IOException)
        {
            // NATS is away: there is nothing that could still come.
            LogNotDrained(failure, subscription.Subject);
        }

        await subscription.DisposeAsync().ConfigureAwait(false);
    }

    private async Task ReadAsync(INatsSub<NatsMemoryOwner<byte>> subscription, ControlRoute route, RequestGate gate)
    {
        try
        {
            while (await subscription.Msgs.WaitToReadAsync().ConfigureAwait(false))
            {
                while (subscription.Msgs.TryRead(out NatsMsg<NatsMemoryOwner<byte>> message))
                {
                    Dispatch(new ControlRequest(message, _watch.Epoch), route, gate);
                }
            }
        }
        catch (Exception failure)
        {
            LogReaderFailed(failure, subscription.Subject);
        }
    }

    /// <summary>Never waits.</summary>
    private void Dispatch(ControlRequest request, ControlRoute route, RequestGate gate)
    {
        if (!IsInbox(request.ReplyTo))
        {
            // Nobody would learn what became of it; and a reply into the API of NATS or of nodes would be said by this node.
            Count(route, "no_reply", began: null);
            request.Dispose();
            return;
        }

        if (!gate.TryEnter())
        {
            _ = RefuseAsync(request, route);
        }
        else if (route.IsQuick)
        {
            _ = AnswerAsync(request, route, gate);
        }
        else
        {
            _ = Task.Run(() => AnswerAsync(request, route, gate));
        }
    }

    private async Task RefuseAsync(ControlRequest request, ControlRoute route)
    {
        using (request)
        {
            byte[] reply = Envelope.Failure(route.ReplyType, $"The node is busy: it works on {_maxInWork} {route.Name} requests. Try again, or choose another node.");
            await SendAsync(request, route, reply).ConfigureAwait(false);
            Count(route, "busy", began: null);
        }
    }

    private async Task AnswerAsync(ControlRequest request, ControlRoute route, RequestGate gate)
    {
        long began = _time.GetTimestamp();
        string outcome = "failed";
        NodeTelemetry.RequestsInWork.Add(1, NodeTelemetry.Tag(NodeTelemetry.RequestType, route.Name));
        using Activity? activity = NodeTelemetry.Source.HasListeners()
            ? NodeTelemetry.Source.StartActivity($"node.{route.Name}", ActivityKind.Server, request.Parent)
            : null;
        try
        {
            (byte[]? reply, outcome) = await MakeAsync(request, route, activity).ConfigureAwait(false);
            if (reply is not null && !await SendAsync(request, route, reply).ConfigureAwait(false))
            {
                outcome = "undelivered";
            }
        }
        finally
        {
            activity?.SetTag(NodeTelemetry.Outcome, outcome);
            NodeTelemetry.RequestsInWork.Add(-1, NodeTelemetry.Tag(NodeTelemetry.RequestType, route.Name));
            Count(route, outcome, began);
            request.Dispose();
            gate.Leave();
        }
    }

    private async ValueTask<(byte[]? Reply, string Outcome)> MakeAsync(ControlRequest request, ControlRoute route, Activity? activity)
    {
        try
        {
            if (request.Payload.Length > MaxRequestBytes)
            {
                throw new RequestRefusedException($"The request has {request.Payload.Length} bytes; at most {MaxRequestBytes} are read.");
            }

            byte[]? reply = await route.HandleAsync(request, _stopping.Token).ConfigureAwait(false);
            return reply is null ? (null, "silent") : (reply, "ok");
        }
        catch (RequestRefusedException refusal)
        {
            activity?.SetStatus(ActivityStatusCode.Error, refusal.Message);
            LogRefused(route.Name, refusal.Message);
            return (Envelope.Failure(route.ReplyType, Shorten(refusal.Message)), "refused");
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return (Envelope.Failure(route.ReplyType, "The node is stopping: choose another node."), "refused");
        }
        catch (Exception failure)
        {
            // What it is may show what is nobody's business but the operator's.
            activity?.SetStatus(ActivityStatusCode.Error, failure.GetType().Name);
            LogFailed(failure, route.Name);
            return (Envelope.Failure(route.ReplyType, "The node has failed to do this; its log says why."), "failed");
        }
    }

    /// <returns>False when the reply could not be sent.</returns>
    private async ValueTask<bool> SendAsync(ControlRequest request, ControlRoute route, byte[] reply)
    {
        if (reply.Length > _replies.MaxBytes)
        {
            reply = Envelope.Failure(route.ReplyType, $"The answer has {reply.Length} bytes, more than the {_replies.MaxBytes} that this NATS server takes.");
        }

        try
        {
            if (route.IsPromise)
            {
                await _replies.DeliverAsync(request.ReplyTo!, reply, request.Epoch, _abandoned.Token).ConfigureAwait(false);
            }
            else
            {
                await _replies.SendAsync(request.ReplyTo!, reply, _abandoned.Token).ConfigureAwait(false);
            }

            return true;
        }
        catch (Exception failure)
        {
            LogNotSent(failure, route.Name);
            return false;
        }
    }

    private void Count(ControlRoute route, string outcome, long? began)
    {
        KeyValuePair<string, object?> type = NodeTelemetry.Tag(NodeTelemetry.RequestType, route.Name);
        KeyValuePair<string, object?> result = NodeTelemetry.Tag(NodeTelemetry.Outcome, outcome);
        NodeTelemetry.Requests.Add(1, type, result);
        if (began is { } from)
        {
            NodeTelemetry.RequestDuration.Record(_time.GetElapsedTime(from).TotalSeconds, type, result);
        }
    }

    private static bool IsInbox(string? subject) => subject is not null && !subject.StartsWith('$');

    private static string Shorten(string text) => text.Length <= MaxErrorCharacters ? text : string.Concat(text.AsSpan(0, MaxErrorCharacters), "…");

    [LoggerMessage(503, LogLevel.Debug, "A {Route} request was refused: {Reason}")]
    private partial void LogRefused(string route, string reason);

    [LoggerMessage(504, LogLevel.Error, "A {Route} request failed for a reason that was not foreseen")]
    private partial void LogFailed(Exception failure, string route);

    [LoggerMessage(505, LogLevel.Warning, "The reply to a {Route} request could not be sent")]
    private partial void LogNotSent(Exception failure, string route);

    [LoggerMessage(506, LogLevel.Error, "Requests of {Subject} are not read any more")]
    private partial void LogReaderFailed(Exception failure, string subject);

    [LoggerMessage(507, LogLevel.Debug, "The subscription to {Subject} ended without the server")]
    private partial void LogNotDrained(Exception failure, string subject);
}
