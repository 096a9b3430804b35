using System.Diagnostics;
using System.Text.Json.Serialization.Metadata;
using NATS.Client.Core;
using Nex.Control;
using Nex.Control.Messages;

namespace Nex.Client.Requests;

/// <summary>A request to one node.</summary>
/// <param name="Span">What its span is called.</param>
/// <param name="Type">What a good answer says it is.</param>
/// <param name="Whom">Who is asked, for people.</param>
internal sealed record Request(string Span, string Subject, string Type, string Whom)
{
    internal byte[] Payload { get; init; } = [];

    /// <summary>Null: as the options say.</summary>
    internal TimeSpan? Timeout { get; init; }
}

/// <summary>Sends requests and reads answers.</summary>
/// <param name="closed">Cancelled when the client is disposed of. Answers have an inbox in common, which the end of a connection does not end.</param>
internal sealed class Requester(INatsConnection connection, NexClientOptions options, CancellationToken closed)
{
    // What one question to all nodes keeps; far more nodes than answer in its time.
    private const int MaxAnswers = 10_000;

    /// <exception cref="ControlException"/>
    internal async Task<T> AskAsync<T>(Request request, JsonTypeInfo<T> json, CancellationToken cancellation)
    {
        using Activity? span = ClientTelemetry.Start(request.Span);
        TimeSpan timeout = request.Timeout ?? options.Timeout;
        using var end = new CancellationTokenSource(timeout, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, closed, cancellation);
        try
        {
            await using INatsSub<byte[]> answers = await SendAsync(request.Subject, request.Payload, span, either.Token).ConfigureAwait(false);
            NatsMsg<byte[]> answer = await answers.Msgs.ReadAsync(either.Token).ConfigureAwait(false);
            return answer.HasNoResponders
                ? throw new NatsNoRespondersException()
                : Envelope.Open(answer.Data ?? [], request.Type, json);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            ControlException told = Tell(failure, request.Whom, timeout);
            span?.SetStatus(ActivityStatusCode.Error, told.Message);
            throw told;
        }
    }

    /// <summary>
    /// Publishes a request whose answers come on a subscription of its own. The request of the library keeps the last of several answers
    /// that come at once, and nodes of the original give two to some requests, of which the first counts.
    /// </summary>
    private async Task<INatsSub<byte[]>> SendAsync(string subject, byte[] payload, Activity? span, CancellationToken cancellation)
    {
        string inbox = connection.NewInbox();
        INatsSub<byte[]> answers = await connection
            .SubscribeCoreAsync(inbox, serializer: NatsRawSerializer<byte[]>.Default, cancellationToken: cancellation).ConfigureAwait(false);
        try
        {
            await connection.PublishAsync(
                subject, payload, ClientTelemetry.Headers(span), inbox, NatsRawSerializer<byte[]>.Default, cancellationToken: cancellation)
                .ConfigureAwait(false);
            return answers;
        }
        catch
        {
            await answers.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Asks everybody. An answer that cannot be read is left out: one strange node must not hide the others.</summary>
    /// <exception cref="ControlException"/>
    internal async Task<List<T>> GatherAsync<T>(string span, string subject, string type, JsonTypeInfo<T> json, CancellationToken cancellation)
    {
        using Activity? activity = ClientTelemetry.Start(span);
        using var end = new CancellationTokenSource(options.Timeout, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, closed, cancellation);
        try
        {
            await using INatsSub<byte[]> answers = await SendAsync(subject, [], activity, either.Token).ConfigureAwait(false);
            List<T> read = await ReadAsync(answers, type, json, either.Token, cancellation).ConfigureAwait(false);
            ObjectDisposedException.ThrowIf(closed.IsCancellationRequested, typeof(NexClient));
            // What was asked just as NATS went away was lost, which is not the same as that there is nobody.
            return read.Count > 0 || connection.ConnectionState == NatsConnectionState.Open
                ? read
                : throw new NatsException("the connection was lost while answers were waited for");
        }
        catch (Exception failure) when (IsAway(failure, cancellation))
        {
            ControlException told = Unavailable("NATS", failure);
            activity?.SetStatus(ActivityStatusCode.Error, told.Message);
            throw told;
        }
    }

    /// <summary>
    /// Whether that is what comes of NATS being away, which even asking waits for, or of a client that was closed; and not of who waits having cancelled.
    /// </summary>
    internal static bool IsAway(Exception failure, CancellationToken cancellation) =>
        failure is NatsException or IOException or ObjectDisposedException
        || (failure is OperationCanceledException && !cancellation.IsCancellationRequested);

    internal static ControlException Unavailable(string what, Exception failure)
    {
        string why = failure switch
        {
            OperationCanceledException => "it has not answered in time",
            ObjectDisposedException => "the client is closed",
            _ => Innermost(failure).Message.TrimEnd('.'),
        };
        return new ControlException(ControlFault.Unavailable, $"{what} cannot be reached: {why}.", failure);
    }

    private async Task<List<T>> ReadAsync<T>(
        INatsSub<byte[]> answers, string type, JsonTypeInfo<T> json, CancellationToken end, CancellationToken cancellation)
    {
        var read = new List<T>();
        using var quiet = new CancellationTokenSource(Timeout.InfiniteTimeSpan, options.TimeProvider);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(end, quiet.Token);
        try
        {
            while (read.Count < MaxAnswers)
            {
                NatsMsg<byte[]> answer = await answers.Msgs.ReadAsync(any.Token).ConfigureAwait(false);
                if (answer.HasNoResponders)
                {
                    break;
                }

                if (TryOpen(answer.Data ?? [], type, json) is { } opened)
                {
                    read.Add(opened);
                }

                quiet.CancelAfter(options.QuietTime);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Nobody else answers.
        }

        return read;
    }

    private static T? TryOpen<T>(byte[] answer, string type, JsonTypeInfo<T> json)
    {
        try
        {
            return Envelope.Open(answer, type, json);
        }
        catch (ControlException)
        {
            return default;
        }
    }

    private ControlException Tell(Exception failure, string whom, TimeSpan timeout) => failure switch
    {
        ControlException told => new(told.Fault, told.Fault == ControlFault.Refused ? $"The {whom} refuses: {told.Message}" : $"The {whom}: {told.Message}", told),
        NatsNoRespondersException => new(ControlFault.NoResponders, $"There is no {whom}: nobody listens to its subject.", failure),
        OperationCanceledException when closed.IsCancellationRequested => Unavailable($"The {whom}", new ObjectDisposedException(nameof(NexClient))),
        // It may have been done all the same: the answer, or the request, was lost with the connection.
        OperationCanceledException when connection.ConnectionState != NatsConnectionState.Open =>
            Unavailable($"The {whom}", new NatsException("the connection was lost while its answer was waited for")),
        OperationCanceledException => new(ControlFault.Timeout, $"The {whom} has not answered within {timeout.TotalSeconds:0.###} s.", failure),
        _ => Unavailable($"The {whom}", failure),
    };

    private static Exception Innermost(Exception failure)
    {
        while (failure.InnerException is { } inner)
        {
            failure = inner;
        }

        return failure;
    }
}
