using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.Protocol.Output;

namespace Nex.Node.Servers;

/// <summary>Reads what one run of a nats-server writes, and passes it on: bounded, and at the level that it has there.</summary>
internal sealed partial class NatsServerLog
{
    private const int KeptLines = 8;
    private const int LinesInWindow = 100;
    private const int MaxCharacters = 1000;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly TaskCompletionSource<int> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<string> _last = new();
    private readonly Lock _lock = new();
    private readonly string _name;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private int? _port;
    private long _windowBegan;
    private int _linesInWindow;

    internal NatsServerLog(string name, ILogger logger, TimeProvider time)
    {
        _name = name;
        _logger = logger;
        _time = time;
        _windowBegan = time.GetTimestamp();
    }

    /// <summary>Its port, when it takes clients.</summary>
    internal Task<int> Ready => _ready.Task;

    /// <summary>What it complained about in the end, for the one who asks why it ended.</summary>
    internal string LastWords
    {
        get
        {
            lock (_lock)
            {
                return _last.Count == 0 ? "it wrote nothing" : string.Join(" / ", _last);
            }
        }
    }

    /// <summary>Reads to the end of the stream.</summary>
    internal async Task ReadAsync(UnixSocketLink output)
    {
        byte[] buffer = new byte[8 * 1024];
        var lines = new LineSplitter((line, _) => OnLine(Encoding.UTF8.GetString(line)));
        int count;
        while ((count = await output.ReceiveAsync(buffer, CancellationToken.None).ConfigureAwait(false)) > 0)
        {
            lines.Append(buffer.AsSpan(0, count));
        }

        lines.Complete();
    }

    private void OnLine(string line)
    {
        Match match = Entry().Match(line);
        string text = match.Success ? match.Groups["text"].Value : line;
        text = text.Length <= MaxCharacters ? text : text[..MaxCharacters] + "…";
        if (Listening().Match(text) is { Success: true } listening)
        {
            _port = int.Parse(listening.Groups["port"].Value);
        }
        else if (text == "Server is ready" && _port is { } port)
        {
            _ = _ready.TrySetResult(port);
        }

        LogLevel level = match.Groups["level"].Value switch
        {
            "FTL" => LogLevel.Error,
            "ERR" or "WRN" => LogLevel.Warning,
            _ => LogLevel.Debug,
        };
        if (level >= LogLevel.Warning || !match.Success)
        {
            Keep(text);
        }

        PassOn(level, text);
    }

    private void Keep(string text)
    {
        lock (_lock)
        {
            _last.Enqueue(text);
            if (_last.Count > KeptLines)
            {
                _ = _last.Dequeue();
            }
        }
    }

    private void PassOn(LogLevel level, string text)
    {
        if (!_logger.IsEnabled(level))
        {
            return;
        }

        if (_time.GetElapsedTime(_windowBegan) > Window)
        {
            if (_linesInWindow > LinesInWindow)
            {
                LogLeftOut(_logger, _name, _linesInWindow - LinesInWindow);
            }

            _windowBegan = _time.GetTimestamp();
            _linesInWindow = 0;
        }

        if (++_linesInWindow <= LinesInWindow)
        {
            LogLine(_logger, level, _name, text);
        }
    }

    [GeneratedRegex(@"^\[\d+\] (?:\S+ \S+ )?\[(?<level>[A-Z]{3})\] (?<text>.*)$")]
    private static partial Regex Entry();

    [GeneratedRegex(@"^Listening for client connections on .*:(?<port>\d{1,5})$")]
    private static partial Regex Listening();

    [LoggerMessage(EventId = 550, Message = "{Server}: {Text}")]
    private static partial void LogLine(ILogger logger, LogLevel level, string server, string text);

    [LoggerMessage(551, LogLevel.Warning, "{Server} wrote {Lines} more lines, which were left out")]
    private static partial void LogLeftOut(ILogger logger, string server, int lines);
}
