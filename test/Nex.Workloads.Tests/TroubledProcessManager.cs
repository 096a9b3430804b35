using System.Collections.Concurrent;
using Nex.ProcessManager;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Pool;
using Nex.Protocol.Workloads;

namespace Nex.Workloads.Tests;

/// <summary>A process manager that fails where a test says so.</summary>
internal sealed class TroubledProcessManager(IProcessManager inner) : IProcessManager
{
    /// <summary>What the next requests for an agent fail with, each once.</summary>
    internal ConcurrentQueue<Exception> PrepareFailures { get; } = new();

    /// <summary>What the next look-ups of an agent fail with.</summary>
    internal ConcurrentQueue<Exception> GetFailures { get; } = new();

    /// <summary>What the next stops fail with.</summary>
    internal ConcurrentQueue<Exception> StopFailures { get; } = new();

    public PoolStatus Status => inner.Status;

    public IReadOnlyList<ProcessInfo> ListProcesses() => inner.ListProcesses();

    public DeployRequest? Lookup(string workloadId) => inner.Lookup(workloadId);

    public void CheckArtifact(long size) => inner.CheckArtifact(size);

    public ValueTask PrepareWorkloadAsync(string workloadId, DeployRequest request, CancellationToken cancellationToken) =>
        inner.PrepareWorkloadAsync(workloadId, request, cancellationToken);

    public ValueTask<string> PrepareNextWorkloadAsync(DeployRequest request, CancellationToken cancellationToken) =>
        PrepareFailures.TryDequeue(out Exception? failure)
            ? ValueTask.FromException<string>(failure)
            : inner.PrepareNextWorkloadAsync(request, cancellationToken);

    public IAgent GetAgent(string workloadId) => GetFailures.TryDequeue(out Exception? failure) ? throw failure : inner.GetAgent(workloadId);

    public Task StartAsync(IProcessDelegate processDelegate, CancellationToken cancellationToken) => inner.StartAsync(processDelegate, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) =>
        StopFailures.TryDequeue(out Exception? failure) ? Task.FromException(failure) : inner.StopAsync(cancellationToken);

    public Task<AgentExit> StopProcessAsync(string workloadId, CancellationToken cancellationToken) => inner.StopProcessAsync(workloadId, cancellationToken);

    public Task EnterLameDuckAsync(CancellationToken cancellationToken) => inner.EnterLameDuckAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
