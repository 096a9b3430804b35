using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using Nex.Node.Connections;

namespace Nex.Node.Control;

/// <summary>
/// Takes requests from NATS and sees to it that each gets exactly one reply, whatever is in it and however it fails. No request waits for
/// another; too many at once are refused, by kind, so that one kind cannot starve the others.
/// </summary>
internal sealed partial class ControlServer : IDisposable
{
    private const int WaitingRequests = 256;

    private readonly INatsConnection _connection;
    private readonly ConnectionWatch _watch;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ReplySender _replies;
    private readonly int _maxInWork;
    private readonly List<INatsSub<NatsMemoryOwner<byte>>> _subscriptions = [];
    private readonly List<Task> _readers = [];
    private readonly RequestGate _unanswered = new(int.MaxValue);
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _abandoned = new();
    private volatile bool _isDeaf;

    internal ControlServer(INatsConnection connection, ConnectionWatch watch, int maxInWork, TimeProvider time, ILogger logger)
    {
        _connection = connection;
        _watch = watch;
        _time = time;
        _logger = logger;
        _maxInWork = maxInWork;
        _replies = new ReplySender(connection, watch, time, logger);
    }

    /// <summary>Whether there is a subject whose requests are not read any more.</summary>
    internal bool IsDeaf => _isDeaf;

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
    }

    /// <summary>Waits, after the close, until each request has its reply.</summary>
    /// <param name="cancellationToken">Gives up those that are still not answered.</param>
    internal async Task FinishAsync(CancellationToken cancellationToken)
    {
        await using CancellationTokenRegistration giveUp = cancellationToken.UnsafeRegister(_ => _abandoned.Cancel(), null);
        await Task.WhenAll(_readers).ConfigureAwait(false);
        await _unanswered.CloseAsync().ConfigureAwait(false);
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
                    await DispatchAsync(new ControlRequest(message, _watch.Current), route, gate).ConfigureAwait(false);
                }
            }
        }
        catch (Exception failure)
        {
            _isDeaf = true;
            LogReaderFailed(failure, subscription.Subject);
        }
    }

    /// <summary>Waits for nothing but the connection to take a refusal: where it takes none, no more requests are read.</summary>
    private async ValueTask DispatchAsync(ControlRequest request, ControlRoute route, RequestGate gate)
    {
        if (!IsInbox(request.ReplyTo))
        {
            // Nobody would learn what became of it.
            Count(route, RequestOutcomes.NoReply, began: null);
            request.Dispose();
        }
        else if (!gate.TryEnter())
        {
            request.Dispose();
            await RefuseAsync(request.ReplyTo!, route).ConfigureAwait(false);
        }
        else
        {
            _ = _unanswered.TryEnter();
            _ = route.IsQuick ? AnswerAsync(request, route, gate) : Task.Run(() => AnswerAsync(request, route, gate));
        }
    }

    [LoggerMessage(506, LogLevel.Error, "Requests of {Subject} are not read any more")]
    private partial void LogReaderFailed(Exception failure, string subject);

    [LoggerMessage(507, LogLevel.Debug, "The subscription to {Subject} ended without the server")]
    private partial void LogNotDrained(Exception failure, string subject);
}
