using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Nex.Control.Messages;

namespace Nex.Node.Control;

/// <summary>How a request gets its reply.</summary>
internal sealed partial class ControlServer
{
    private const int MaxErrorCharacters = 1000;

    // A server ends the connection of who sends it a longer line than it takes, and the subject of a reply stands in one.
    private const int MaxInboxCharacters = 1024;

    /// <summary>A reply into the API of NATS, or of nodes, would be said by this node.</summary>
    private static bool IsInbox(string? subject) => subject is { Length: <= MaxInboxCharacters } && !subject.StartsWith('$');

    private async ValueTask RefuseAsync(string replyTo, ControlRoute route)
    {
        Count(route, RequestOutcomes.Busy, began: null);
        byte[] reply = Envelope.Failure(route.ReplyType, $"The node is busy: it works on {_maxInWork} {route.Name} requests. Try again, or choose another node.");
        try
        {
            await _replies.SendAsync(replyTo, reply, _abandoned.Token).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            LogNotSent(failure, route.Name);
        }
    }

    private async Task AnswerAsync(ControlRequest request, ControlRoute route, RequestGate gate)
    {
        long began = _time.GetTimestamp();
        string outcome = RequestOutcomes.Failed;
        NodeTelemetry.RequestsInWork.Add(1, NodeTelemetry.Tag(NodeTelemetry.RequestType, route.Name));
        using Activity? activity = NodeTelemetry.Source.HasListeners()
            ? NodeTelemetry.Source.StartActivity($"node.{route.Name}", ActivityKind.Server, request.Parent)
            : null;
        try
        {
            outcome = await AnswerAsync(request, route, gate, activity).ConfigureAwait(false);
        }
        finally
        {
            activity?.SetTag(NodeTelemetry.Outcome, outcome);
            NodeTelemetry.RequestsInWork.Add(-1, NodeTelemetry.Tag(NodeTelemetry.RequestType, route.Name));
            Count(route, outcome, began);
            _unanswered.Leave();
        }
    }

    /// <returns>What has become of it.</returns>
    private async Task<string> AnswerAsync(ControlRequest request, ControlRoute route, RequestGate gate, Activity? activity)
    {
        byte[]? reply;
        string outcome;
        bool isPromise;
        try
        {
            (reply, outcome) = await MakeAsync(request, route, activity).ConfigureAwait(false);
            // What was not done need not be known at any price.
            isPromise = route.IsPromise && outcome == RequestOutcomes.Ok;
            if (reply is null || await TrySendAsync(request, route, reply, isPromise).ConfigureAwait(false))
            {
                return outcome;
            }
        }
        finally
        {
            request.Dispose();
            gate.Leave();
        }

        // Others have the place meanwhile: it may take long until who has asked is back.
        return isPromise && await InsistAsync(request, route, reply).ConfigureAwait(false) ? outcome : RequestOutcomes.Undelivered;
    }

    private async ValueTask<(byte[]? Reply, string Outcome)> MakeAsync(ControlRequest request, ControlRoute route, Activity? activity)
    {
        try
        {
            byte[]? reply = await route.HandleAsync(request, _stopping.Token).ConfigureAwait(false);
            return reply is null ? (null, RequestOutcomes.Silent)
                : reply.Length <= _watch.MaxBytes ? (reply, RequestOutcomes.Ok)
                : throw new RequestRefusedException($"The answer has {reply.Length} bytes, more than the {_watch.MaxBytes} that this NATS server takes.");
        }
        catch (RequestRefusedException refusal)
        {
            activity?.SetStatus(ActivityStatusCode.Error, refusal.Message);
            LogRefused(route.Name, refusal.Message);
            return (Envelope.Failure(route.ReplyType, Shorten(refusal.Message)), RequestOutcomes.Refused);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return (Envelope.Failure(route.ReplyType, "The node is stopping: choose another node."), RequestOutcomes.Refused);
        }
        catch (Exception failure)
        {
            // What it is may show what is nobody's business but the operator's.
            activity?.SetStatus(ActivityStatusCode.Error, failure.GetType().Name);
            LogFailed(failure, route.Name);
            return (Envelope.Failure(route.ReplyType, "The node has failed to do this; its log says why."), RequestOutcomes.Failed);
        }
    }

    /// <returns>False when the reply could not be sent, or may be lost.</returns>
    private async ValueTask<bool> TrySendAsync(ControlRequest request, ControlRoute route, byte[] reply, bool isPromise)
    {
        try
        {
            if (isPromise)
            {
                return await _replies.TryDeliverAsync(request.ReplyTo!, reply, request.Connection, _abandoned.Token).ConfigureAwait(false);
            }

            await _replies.SendAsync(request.ReplyTo!, reply, _abandoned.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception failure)
        {
            LogNotSent(failure, route.Name);
            return false;
        }
    }

    /// <returns>False when nobody has received the reply.</returns>
    private async ValueTask<bool> InsistAsync(ControlRequest request, ControlRoute route, byte[] reply)
    {
        try
        {
            await _replies.InsistAsync(request.ReplyTo!, reply, _abandoned.Token).ConfigureAwait(false);
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

    private static string Shorten(string text) => text.Length <= MaxErrorCharacters ? text : string.Concat(text.AsSpan(0, MaxErrorCharacters), "…");

    [LoggerMessage(503, LogLevel.Debug, "A {Route} request was refused: {Reason}")]
    private partial void LogRefused(string route, string reason);

    [LoggerMessage(504, LogLevel.Error, "A {Route} request failed for a reason that was not foreseen")]
    private partial void LogFailed(Exception failure, string route);

    [LoggerMessage(505, LogLevel.Warning, "The reply to a {Route} request could not be sent")]
    private partial void LogNotSent(Exception failure, string route);
}
