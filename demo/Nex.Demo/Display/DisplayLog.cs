using Microsoft.Extensions.Logging;

namespace Nex.Demo.Display;

/// <summary>Shows what the process manager reports of the way in which its machines are run, and not what each of them writes.</summary>
internal sealed class DisplayLog(IDisplay display) : ILoggerFactory, ILogger
{
    private const int FirstOfMachines = 210;
    private const int LastOfMachines = 219;

    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel) && eventId.Id is >= FirstOfMachines and <= LastOfMachines)
        {
            display.Line($"the manager reports: {formatter(state, exception)}");
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("There is one place where the demo shows reports.");

    public void Dispose()
    {
        // It has nothing of its own.
    }
}
