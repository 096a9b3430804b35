using Microsoft.Extensions.Logging;
using NATS.Client.Core;

namespace Nex.Node.Connections;

/// <summary>
/// Publishes on a connection that comes and goes, and tells whether it has been the same all along: what was handed to one that has broken
/// since may be lost. Safe from any thread.
/// </summary>
internal sealed partial class ConnectionWatch : IDisposable
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(1);

    private readonly INatsConnection _connection;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private int _counted;
    private bool _wasLost;

    internal ConnectionWatch(INatsConnection connection, TimeProvider time, ILogger logger)
    {
        _connection = connection;
        _time = time;
        _logger = logger;
        connection.ConnectionOpened += OnOpenedAsync;
        connection.ConnectionDisconnected += OnDisconnectedAsync;
        Count(connection.ConnectionState == NatsConnectionState.Open);
    }

    internal bool IsOpen => _connection.ConnectionState == NatsConnectionState.Open;

    /// <summary>The connection that there is, or that there was last.</summary>
    internal ConnectionId Current => _connection.ServerInfo is { } server ? new ConnectionId(server.Id, server.ClientId) : default;

    /// <summary>The largest message that the server takes; one that is larger would cost the connection.</summary>
    internal int MaxBytes => _connection.ServerInfo?.MaxPayload is > 0 and var most ? most : 1024 * 1024;

    /// <summary>Waits while NATS is away.</summary>
    /// <returns>The connection that there is.</returns>
    internal async Task<ConnectionId> OpenAsync(CancellationToken cancellationToken)
    {
        while (!IsOpen)
        {
            try
            {
                await _connection.ConnectAsync().AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (MayPass(failure) && !cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(RetryInterval, _time, cancellationToken).ConfigureAwait(false);
            }
        }

        return Current;
    }

    /// <summary>Hands a message to the connection, and waits for that while NATS is away, and while it takes nothing.</summary>
    internal async ValueTask PublishAsync(string subject, byte[] payload, NatsHeaders? headers, string? replyTo, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await _connection
                    .PublishAsync(subject, payload, headers, replyTo, NatsRawSerializer<byte[]>.Default, cancellationToken: cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (Exception failure) when (failure is NatsTimeoutException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                // The buffer of the connection was full for as long as a command may take. Nothing of the message is in it.
                LogFull(_logger);
            }
        }
    }

    /// <summary>
    /// Waits until the server has taken everything that was published on a connection. One that is slow is waited for: whether the connection
    /// is still there is for its own pings to find out.
    /// </summary>
    /// <returns>False when the connection was lost before that was known.</returns>
    internal async Task<bool> ConfirmAsync(ConnectionId on, CancellationToken cancellationToken)
    {
        while (Current == on)
        {
            try
            {
                await PingAsync(cancellationToken).ConfigureAwait(false);
                return Current == on;
            }
            catch (Exception failure) when (MayPass(failure) && !cancellationToken.IsCancellationRequested)
            {
                await Task.Delay(RetryInterval, _time, cancellationToken).ConfigureAwait(false);
            }
        }

        return false;
    }

    public void Dispose()
    {
        _connection.ConnectionOpened -= OnOpenedAsync;
        _connection.ConnectionDisconnected -= OnDisconnectedAsync;
        Count(open: false);
    }

    /// <summary>
    /// Waits for the answer to a ping. The client takes each answer for the ping that has waited longest. Where one never reached the server, as can happen
    /// while a connection is made, every later one waits for the answer to the next: so there is a next one.
    /// </summary>
    private async Task PingAsync(CancellationToken cancellationToken)
    {
        Task answer = _connection.PingAsync(cancellationToken).AsTask();
        while (true)
        {
            try
            {
                await answer.WaitAsync(PingInterval, _time, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (TimeoutException) when (!answer.IsCompleted)
            {
                // Whether it fails is of no interest: the first one then fails too.
                _ = _connection.PingAsync(cancellationToken).AsTask().ContinueWith(
                    static ping => ping.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            }
        }
    }

    private static bool MayPass(Exception failure) => failure is NatsException or OperationCanceledException or TimeoutException;

    private ValueTask OnOpenedAsync(object? sender, NatsEventArgs arguments)
    {
        Count(open: true);
        if (_wasLost)
        {
            // Not awaited: this holds up what else is told of the connection.
            _ = TellOpenedAsync();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>The server has only then taken the subscriptions of the node, and a request reaches it.</summary>
    private async Task TellOpenedAsync()
    {
        try
        {
            if (await ConfirmAsync(Current, CancellationToken.None).ConfigureAwait(false))
            {
                LogOpened(_logger);
            }
        }
        catch (ObjectDisposedException)
        {
            // The node has ended meanwhile.
        }
    }

    private ValueTask OnDisconnectedAsync(object? sender, NatsEventArgs arguments)
    {
        _wasLost = true;
        Count(open: false);
        LogDisconnected(_logger);
        return ValueTask.CompletedTask;
    }

    private void Count(bool open)
    {
        int now = open ? 1 : 0;
        NodeTelemetry.Connections.Add(now - Interlocked.Exchange(ref _counted, now));
    }

    [LoggerMessage(500, LogLevel.Information, "NATS is back")]
    private static partial void LogOpened(ILogger logger);

    [LoggerMessage(501, LogLevel.Warning, "NATS is away. Workloads run on, and the node comes back by itself")]
    private static partial void LogDisconnected(ILogger logger);

    [LoggerMessage(508, LogLevel.Debug, "NATS takes nothing at the moment: what there is to say waits")]
    private static partial void LogFull(ILogger logger);
}

/// <summary>One connection to one run of a server: a run of a server has an id of its own, and counts its clients.</summary>
internal readonly record struct ConnectionId(string? Server, ulong Client);
