using Microsoft.Extensions.Logging;
using Nex.Testing.Waiting;

namespace Nex.Testing.Recorders;

/// <summary>A line that was logged.</summary>
internal sealed record LogLine(LogLevel Level, int Id, string Text, Exception? Failure);

/// <summary>Keeps what is logged, at every level.</summary>
internal sealed class LogRecorder : ILoggerFactory, ILogger
{
    internal Milestones<LogLine> Lines { get; } = new();

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
        Lines.Add(line);
        OnLogged(line);
    }

    public void Dispose()
    {
    }
}
