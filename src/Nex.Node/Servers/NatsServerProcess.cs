using Microsoft.Extensions.Logging;

namespace Nex.Node.Servers;

/// <summary>
/// A nats-server that runs as a child of the node. When it ends by itself it is started again, on the same port and with the same data; when the
/// node ends, by whatever, it ends too.
/// </summary>
internal sealed partial class NatsServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);

    private readonly NatsServerDefinition _definition;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _supervision;
    private NatsServerRun _run;

    private NatsServerProcess(NatsServerDefinition definition, NatsServerRun run, ILogger logger, TimeProvider time)
    {
        _definition = definition;
        _run = run;
        _logger = logger;
        _time = time;
        Port = run.Port;
        _supervision = SuperviseAsync();
    }

    /// <summary>The same for all its life.</summary>
    internal int Port { get; }

    /// <summary>Of the process that runs now.</summary>
    internal int ProcessId => _run.ProcessId;

    /// <summary>Starts it, and waits until it takes clients.</summary>
    /// <exception cref="ServerStartException">It is not installed, or ended before it took clients; the message says why.</exception>
    internal static async Task<NatsServerProcess> StartAsync(
        NatsServerDefinition definition, ILogger logger, TimeProvider time, CancellationToken cancellationToken) =>
        new(definition, await NatsServerRun.StartAsync(definition, port: null, logger, time, cancellationToken).ConfigureAwait(false), logger, time);

    /// <summary>Ends it. May be called again.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _supervision.ConfigureAwait(false);
        await _run.StopAsync().ConfigureAwait(false);
    }

    private async Task SuperviseAsync()
    {
        TimeSpan delay = FirstDelay;
        try
        {
            while (true)
            {
                long began = _time.GetTimestamp();
                string reason = await _run.Ended.WaitAsync(_stopping.Token).ConfigureAwait(false);
                // One that has run for a while is no failed start.
                delay = _time.GetElapsedTime(began) > LongestDelay ? FirstDelay : delay;
                LogEnded(_logger, _definition.Name, reason, delay.TotalSeconds);
                delay = await StartAgainAsync(delay).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // It is to end.
        }
    }

    private async Task<TimeSpan> StartAgainAsync(TimeSpan delay)
    {
        while (true)
        {
            await Task.Delay(delay, _time, _stopping.Token).ConfigureAwait(false);
            delay = delay + delay < LongestDelay ? delay + delay : LongestDelay;
            try
            {
                _run = await NatsServerRun.StartAsync(_definition, Port, _logger, _time, _stopping.Token).ConfigureAwait(false);
                LogRestarted(_logger, _definition.Name, Port);
                return delay;
            }
            catch (ServerStartException failure)
            {
                LogNotRestarted(_logger, failure.Message, delay.TotalSeconds);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                // Whatever it is: a server that nobody starts again would leave the node deaf for ever.
                LogRestartFailed(_logger, failure, _definition.Name, delay.TotalSeconds);
            }
        }
    }

    [LoggerMessage(552, LogLevel.Error, "{Server} has ended by itself ({Reason}), and is started again in {Seconds} s")]
    private static partial void LogEnded(ILogger logger, string server, string reason, double seconds);

    [LoggerMessage(553, LogLevel.Information, "{Server} runs again, on port {Port}")]
    private static partial void LogRestarted(ILogger logger, string server, int port);

    [LoggerMessage(558, LogLevel.Error, "{Server} could not be started again, for a reason that was not foreseen. The next try is in {Seconds} s")]
    private static partial void LogRestartFailed(ILogger logger, Exception failure, string server, double seconds);

    [LoggerMessage(554, LogLevel.Error, "{Reason} The next try is in {Seconds} s")]
    private static partial void LogNotRestarted(ILogger logger, string reason, double seconds);
}
