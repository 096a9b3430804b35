using Microsoft.Extensions.Logging;
using Nex.Testing.Waiting;

namespace Nex.Testing.Recorders;

/// <summary>A line that was logged.</summary>
internal sealed record LogLine(LogLevel Level, int Id, string Text, Exception? Failure);

/// <summary>Keeps what is logged, at every level, if nothing else is said.</summary>
internal sealed class LogRecorder : ILoggerFactory, ILogger
{
    internal Milestones<LogLine> Lines { get; } = new();

    /// <summary>What is kept, which is everything unless a test logs more than it has room for.</summary>
    internal Func<LogLine, bool> Keeps { get; set; } = _ => true;

    /// <summary>Runs in the thread that logs.</summary>
    internal Action<LogLine> OnLogged { get; set; } = _ => { };

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = new LogLine(logLevel, eventId.Id, formatter(state, exception), exception);
        if (Keeps(line))
        {
            Lines.Add(line);
        }

        OnLogged(line);
    }

    public void Dispose()
    {
    }
}
