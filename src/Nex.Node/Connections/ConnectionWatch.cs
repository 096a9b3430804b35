using Microsoft.Extensions.Logging;
using NATS.Client.Core;

namespace Nex.Node.Connections;

/// <summary>
/// Tells whether a connection has been the same all along: what was handed to one that has broken since may be lost. Safe from any thread.
/// </summary>
internal sealed partial class ConnectionWatch : IDisposable
{
    private static readonly TimeSpan ConfirmTimeout = TimeSpan.FromSeconds(5);

    private readonly INatsConnection _connection;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private int _epoch;
    private int _counted;

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

    /// <summary>Another number each time that the connection is lost or made.</summary>
    internal int Epoch => Volatile.Read(ref _epoch);

    /// <summary>Waits until the server has taken everything that was published before.</summary>
    /// <returns>False when that is not known: the connection is not what it was, or the server does not answer.</returns>
    internal async Task<bool> ConfirmAsync(int epoch, CancellationToken cancellationToken = default)
    {
        if (Epoch != epoch || !IsOpen)
        {
            return false;
        }

        try
        {
            await _connection.PingAsync(cancellationToken).AsTask().WaitAsync(ConfirmTimeout, _time, cancellationToken).ConfigureAwait(false);
            return Epoch == epoch;
        }
        catch (Exception failure) when (failure is TimeoutException or NatsException or ObjectDisposedException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }

    public void Dispose()
    {
        _connection.ConnectionOpened -= OnOpenedAsync;
        _connection.ConnectionDisconnected -= OnDisconnectedAsync;
        Count(open: false);
    }

    private ValueTask OnOpenedAsync(object? sender, NatsEventArgs arguments)
    {
        int epoch = Interlocked.Increment(ref _epoch);
        Count(open: true);
        if (epoch > 1)
        {
            // Not awaited: this holds up what else is told of the connection.
            _ = TellOpenedAsync(epoch);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>The server has only then taken the subscriptions of the node, and a request reaches it.</summary>
    private async Task TellOpenedAsync(int epoch)
    {
        _ = await ConfirmAsync(epoch).ConfigureAwait(false);
        if (Epoch == epoch)
        {
            LogOpened(_logger);
        }
    }

    private ValueTask OnDisconnectedAsync(object? sender, NatsEventArgs arguments)
    {
        Interlocked.Increment(ref _epoch);
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
}
