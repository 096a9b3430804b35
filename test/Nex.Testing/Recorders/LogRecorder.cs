using Microsoft.Extensions.Logging;
using Nex.Testing.Waiting;

namespace Nex.Testing.Recorders;

/// <summary>A line that was logged.</summary>
internal sealed record LogLine(LogLevel Level, int Id, string Text, Exception? Failure);

/// <summary>Keeps what is logged, at every level.</summary>
internal sealed class LogRecorder : ILoggerFactory, ILogger
{
    internal Milestones<LogLine> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Add(new LogLine(logLevel, eventId.Id, formatter(state, exception), exception));

    public void Dispose()
    {
    }
}
