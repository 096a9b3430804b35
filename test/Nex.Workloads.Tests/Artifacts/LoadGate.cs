using Microsoft.Extensions.Logging;
using Nex.Workloads.Artifacts;

namespace Nex.Workloads.Tests.Artifacts;

/// <summary>Holds a load of a damaged file where it reports the damage, until it is opened.</summary>
internal sealed class LoadGate : ILogger<ArtifactCache>, IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _open = new();

    /// <summary>Completes when a load waits here.</summary>
    internal Task Reached => _reached.Task;

    internal void Open() => _open.Set();

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Name == "LogDamaged")
        {
            _reached.TrySetResult();
            Assert.True(_open.Wait(Deadline, TestContext.Current.CancellationToken), "The gate was not opened.");
        }
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Dispose() => _open.Dispose();
}
