using Microsoft.Extensions.Logging;

namespace Nex.Cli.Output;

/// <summary>What libraries log, one line each on standard error.</summary>
internal sealed class StandardErrorLog(TextWriter writer, LogLevel minimum) : ILoggerFactory, ILogger
{
    /// <returns>Null where nothing below errors is asked for: what fails is told by the command itself.</returns>
    internal static StandardErrorLog? For(string level, TextWriter writer) => level switch
    {
        "debug" => new(writer, LogLevel.Debug),
        "info" => new(writer, LogLevel.Information),
        "warn" => new(writer, LogLevel.Warning),
        _ => null,
    };

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public bool IsEnabled(LogLevel logLevel) => logLevel >= minimum;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            lock (writer)
            {
                writer.WriteLine($"{logLevel.ToString().ToLowerInvariant()}: {SafeText.Clean(formatter(state, exception))}{(exception is null ? "" : $": {SafeText.Clean(exception.Message)}")}");
            }
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Dispose()
    {
    }
}
