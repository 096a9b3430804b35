using System.Collections.Concurrent;
using Nex.Control.Formats;
using Nex.Control.Messages;
using Nex.Protocol.Workloads;
using Nex.Workloads;

namespace Nex.Node.Deploys;

/// <summary>A workload that was deployed over NATS, and by whom.</summary>
/// <param name="ClaimsId">The id of the claims that it was deployed with.</param>
/// <param name="DeployedAt">A timestamp of the node's clock.</param>
internal sealed record DeployedWorkload(Workload Workload, string Issuer, string ClaimsId, long DeployedAt)
{
    internal string Id => Workload.Id;

    internal string Namespace => Workload.Request.Namespace;

    internal string Name => Workload.Request.Name;

    internal string Type => WorkloadTypes.Canonical(Workload.Request.Type)!;

    /// <summary>By its id or its name.</summary>
    internal bool IsCalled(string idOrName) => Id == idOrName || Name == idOrName;

    internal RunningWorkload Running() => new() { Id = Id, Namespace = Namespace, Name = Name, Type = Type };

    internal MachineSummary Summarize(TimeProvider time) => new()
    {
        Id = Id,
        Healthy = Workload.IsHealthy,
        Uptime = Uptime.Format(time.GetElapsedTime(DeployedAt)),
        Namespace = Namespace,
        Workload = new WorkloadSummary
        {
            Name = Name,
            Description = Workload.Request.Description,
            Runtime = Uptime.Format(Workload.Runtime),
            Type = Type,
            Hash = Workload.ArtifactSha256,
        },
    };
}

/// <summary>The workloads that a node has. Safe from any thread.</summary>
internal sealed class DeployedWorkloads
{
    private readonly ConcurrentDictionary<string, DeployedWorkload> _all = new();

    internal int Count => _all.Count;

    internal void Add(DeployedWorkload workload) => _all.TryAdd(workload.Id, workload);

    internal void Remove(DeployedWorkload workload) => _all.TryRemove(workload.Id, out _);

    /// <summary>One of a namespace. Whether another namespace has it, is not told.</summary>
    internal DeployedWorkload? Find(string @namespace, string id) =>
        _all.TryGetValue(id, out DeployedWorkload? found) && found.Namespace == @namespace ? found : null;

    /// <summary>Those that are asked for, oldest first.</summary>
    internal DeployedWorkload[] Where(Func<DeployedWorkload, bool> isMeant) =>
        [.. _all.Select(entry => entry.Value).Where(isMeant).OrderBy(workload => workload.Id, StringComparer.Ordinal)];
}
