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
internal sealed class Requester(INatsConnection connection, NexClientOptions options)
{
    // What one question to all nodes keeps; far more nodes than answer in its time.
    private const int MaxAnswers = 10_000;

    /// <exception cref="ControlException"/>
    internal async Task<T> AskAsync<T>(Request request, JsonTypeInfo<T> json, CancellationToken cancellation)
    {
        using Activity? span = ClientTelemetry.Start(request.Span);
        TimeSpan timeout = request.Timeout ?? options.Timeout;
        try
        {
            NatsMsg<byte[]> answer = await connection.RequestAsync(
                request.Subject,
                request.Payload,
                ClientTelemetry.Headers(span),
                NatsRawSerializer<byte[]>.Default,
                NatsRawSerializer<byte[]>.Default,
                replyOpts: new NatsSubOpts { Timeout = timeout },
                cancellationToken: cancellation).ConfigureAwait(false);
            return Envelope.Open(answer.Data ?? [], request.Type, json);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            ControlException told = Tell(failure, request.Whom, timeout);
            span?.SetStatus(ActivityStatusCode.Error, told.Message);
            throw told;
        }
    }

    /// <summary>Asks everybody. An answer that cannot be read is left out: one strange node must not hide the others.</summary>
    /// <exception cref="ControlException"/>
    internal async Task<List<T>> GatherAsync<T>(string span, string subject, string type, JsonTypeInfo<T> json, CancellationToken cancellation)
    {
        using Activity? activity = ClientTelemetry.Start(span);
        try
        {
            string inbox = connection.NewInbox();
            await using INatsSub<byte[]> answers = await connection
                .SubscribeCoreAsync(inbox, serializer: NatsRawSerializer<byte[]>.Default, cancellationToken: cancellation).ConfigureAwait(false);
            await connection.PublishAsync(
                subject, [], ClientTelemetry.Headers(activity), inbox, NatsRawSerializer<byte[]>.Default, cancellationToken: cancellation)
                .ConfigureAwait(false);
            return await ReadAsync(answers, type, json, cancellation).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is NatsException or IOException)
        {
            ControlException told = Tell(failure, "nodes", options.Timeout);
            activity?.SetStatus(ActivityStatusCode.Error, told.Message);
            throw told;
        }
    }

    internal static ControlException Unavailable(string what, Exception failure) =>
        new(ControlFault.Unavailable, $"{what} cannot be reached: {Innermost(failure).Message.TrimEnd('.')}.", failure);

    private async Task<List<T>> ReadAsync<T>(INatsSub<byte[]> answers, string type, JsonTypeInfo<T> json, CancellationToken cancellation)
    {
        var read = new List<T>();
        using var end = new CancellationTokenSource(options.Timeout, options.TimeProvider);
        using var quiet = new CancellationTokenSource(Timeout.InfiniteTimeSpan, options.TimeProvider);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(end.Token, quiet.Token, cancellation);
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

    private static ControlException Tell(Exception failure, string whom, TimeSpan timeout) => failure switch
    {
        ControlException told => new(told.Fault, told.Fault == ControlFault.Refused ? $"The {whom} refuses: {told.Message}" : $"The {whom}: {told.Message}", told),
        NatsNoRespondersException => new(ControlFault.NoResponders, $"There is no {whom}: nobody listens to its subject.", failure),
        NatsNoReplyException or OperationCanceledException => new(ControlFault.Timeout, $"The {whom} has not answered within {timeout.TotalSeconds:0.###} s.", failure),
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
