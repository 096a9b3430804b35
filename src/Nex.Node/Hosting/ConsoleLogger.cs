using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Nex.Node.Hosting;

/// <summary>
/// Writes the log of a node, one line an entry, to a stream for people: the time, the level, and what happened. Under systemd's journal, which has
/// times of its own, the level is written as the journal reads it.
/// </summary>
internal sealed class ConsoleLoggerFactory(TextWriter output, LogLevel least, TimeProvider time, bool isJournal) : ILoggerFactory
{
    private readonly Lock _lock = new();

    /// <summary>Standard error, as it is.</summary>
    internal static ConsoleLoggerFactory Create(TextWriter errors, LogLevel least, TimeProvider time) =>
        new(errors, least, time, Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 });

    public ILogger CreateLogger(string categoryName) => new ConsoleLogger(this, categoryName);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("This log goes to one place.");

    public void Dispose()
    {
    }

    private bool IsEnabled(string category, LogLevel level) =>
        // What the connection itself says repeats what the node says, and more.
        level != LogLevel.None && level >= (category.StartsWith("NATS.", StringComparison.Ordinal) && least > LogLevel.Debug ? LogLevel.Critical : least);

    private void Write(string category, LogLevel level, string message, Exception? failure)
    {
        (string word, int priority) = level switch
        {
            LogLevel.Critical => ("crit ", 2),
            LogLevel.Error => ("error", 3),
            LogLevel.Warning => ("warn ", 4),
            LogLevel.Information => ("info ", 6),
            _ => ("debug", 7),
        };
        var line = new StringBuilder();
        _ = isJournal
            ? line.Append(CultureInfo.InvariantCulture, $"<{priority}>")
            : line.Append(CultureInfo.InvariantCulture, $"{time.GetUtcNow():yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {word} ");
        AppendClean(line, message);
        if (failure is not null)
        {
            // All of it only for those who look into the program.
            AppendClean(line, least <= LogLevel.Debug ? $" [{category}] {failure}" : $" ({failure.GetType().Name}: {failure.Message})");
        }

        lock (_lock)
        {
            output.WriteLine(line.ToString());
            output.Flush();
        }
    }

    /// <summary>One entry is one line, and nothing that a stranger wrote moves the cursor.</summary>
    private static void AppendClean(StringBuilder line, string text)
    {
        foreach (char letter in text)
        {
            _ = line.Append(char.IsControl(letter) ? ' ' : letter);
        }
    }

    private sealed class ConsoleLogger(ConsoleLoggerFactory factory, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => factory.IsEnabled(category, logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                factory.Write(category, logLevel, formatter(state, exception), exception);
            }
        }
    }
}
