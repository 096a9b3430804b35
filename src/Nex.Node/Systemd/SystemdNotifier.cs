using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Nex.Node.Systemd;

/// <summary>
/// Tells systemd what the node is doing (<c>sd_notify</c>), and that it is alive as often as its watchdog asks for, as long as it is. Without systemd
/// it does nothing. What cannot be told is logged, and harms nothing.
/// </summary>
internal sealed partial class SystemdNotifier : IDisposable
{
    private readonly Socket? _socket;
    private readonly UnixDomainSocketEndPoint? _manager;
    private readonly ILogger _logger;
    private readonly ITimer? _watchdog;
    private volatile Func<bool> _isAlive = () => true;

    private SystemdNotifier(UnixDomainSocketEndPoint? manager, TimeSpan? interval, ILogger logger, TimeProvider time)
    {
        _manager = manager;
        _logger = logger;
        if (manager is not null)
        {
            _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            _watchdog = interval is { } half ? time.CreateTimer(_ => FeedWatchdog(), null, half, half) : null;
        }
    }

    /// <param name="variable">Looks up a variable of the environment.</param>
    internal static SystemdNotifier Create(ILogger logger, TimeProvider time, Func<string, string?>? variable = null)
    {
        variable ??= Environment.GetEnvironmentVariable;
        return new SystemdNotifier(Address(variable("NOTIFY_SOCKET")), WatchdogInterval(variable), logger, time);
    }

    /// <summary>The node takes requests.</summary>
    /// <param name="isAlive">Whether it still does. Once not, the watchdog is left to bark.</param>
    internal void Ready(string status, Func<bool> isAlive)
    {
        _isAlive = isAlive;
        Send($"READY=1\nSTATUS={OneLine(status)}");
    }

    /// <summary>The node ends, which may take so long.</summary>
    internal void Stopping(TimeSpan atMost) =>
        Send($"STOPPING=1\nEXTEND_TIMEOUT_USEC={(long)atMost.TotalMicroseconds}\nSTATUS=Stopping");

    public void Dispose()
    {
        _watchdog?.Dispose();
        _socket?.Dispose();
    }

    // A path, or a name without one, which is written with an @ in place of a zero.
    private static UnixDomainSocketEndPoint? Address(string? socket) => socket switch
    {
        ['/', ..] => new UnixDomainSocketEndPoint(socket),
        ['@', _, ..] => new UnixDomainSocketEndPoint('\0' + socket[1..]),
        _ => null,
    };

    /// <summary>Half of what systemd waits for; null where it does not wait, or for another process.</summary>
    private static TimeSpan? WatchdogInterval(Func<string, string?> variable)
    {
        bool isOurs = variable("WATCHDOG_PID") is not { Length: > 0 } pid || pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        return isOurs && long.TryParse(variable("WATCHDOG_USEC"), CultureInfo.InvariantCulture, out long microseconds) && microseconds >= 2
            ? TimeSpan.FromMicroseconds(microseconds / 2)
            : null;
    }

    private void FeedWatchdog()
    {
        if (_isAlive())
        {
            Send("WATCHDOG=1");
        }
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private void Send(string state)
    {
        if (_socket is null || _manager is null)
        {
            return;
        }

        try
        {
            _ = _socket.SendTo(Encoding.UTF8.GetBytes(state), _manager);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            LogNotTold(_logger, state.Split('\n')[0], failure.Message);
        }
    }

    [LoggerMessage(565, LogLevel.Warning, "systemd could not be told {State}: {Reason}")]
    private static partial void LogNotTold(ILogger logger, string state, string reason);
}
