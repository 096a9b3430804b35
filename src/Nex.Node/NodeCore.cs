using System.Collections.ObjectModel;
using Microsoft.Extensions.Logging;
using NATS.NKeys;
using Nex.Node.Control;
using Nex.Node.Deploys;
using Nex.Node.Publishing;
using Nex.Protocol.Workloads;

namespace Nex.Node;

/// <summary>What the parts of a node share: who it is, what it has, and whether it takes more. Safe from any thread.</summary>
internal sealed class NodeCore
{
    private readonly Publisher _publisher;
    private readonly ILogger _logger;
    private readonly RequestGate _following = new(int.MaxValue);
    private readonly Action _mayBeIdle;
    private readonly long _began;
    private volatile ReadOnlyDictionary<string, string> _tags;
    private int _lameDuck;
    private int _deploying;

    /// <param name="mayBeIdle">Called when a workload or a deploy has ended. Must return at once.</param>
    internal NodeCore(NodeOptions options, NodeIdentity identity, Publisher publisher, TimeProvider time, ILogger logger, Action mayBeIdle)
    {
        Options = options;
        Time = time;
        Id = identity.Id;
        PublicXkey = identity.PublicXkey;
        Xkey = identity.Xkey;
        // The first letters of an id are the same for all.
        Name = options.Name ?? $"nex-{Id[^8..].ToLowerInvariant()}";
        AcceptedTypes = [.. options.WorkloadTypes.Select(type => WorkloadTypes.Canonical(type)!).Distinct()];
        OfferedTypes = [.. AcceptedTypes.Where(RunnableTypes.Contains)];
        _publisher = publisher;
        _logger = logger;
        _mayBeIdle = mayBeIdle;
        _began = time.GetTimestamp();
        _tags = NodeTags.Of(options, Name, lameDuck: false);
    }

    /// <summary>The types that agents of this version have a provider for.</summary>
    internal static IReadOnlyList<string> RunnableTypes { get; } = [WorkloadTypes.Elf];

    internal NodeOptions Options { get; }

    internal TimeProvider Time { get; }

    internal string Id { get; }

    internal string Name { get; }

    internal string PublicXkey { get; }

    internal KeyPair Xkey { get; }

    internal DeployedWorkloads Deployed { get; } = new();

    internal IReadOnlyList<string> AcceptedTypes { get; }

    internal IReadOnlyList<string> OfferedTypes { get; }

    internal ReadOnlyDictionary<string, string> Tags => _tags;

    internal TimeSpan Uptime => Time.GetElapsedTime(_began);

    internal string UptimeText => Nex.Control.Formats.Uptime.Format(Uptime);

    internal bool IsLameDuck => Volatile.Read(ref _lameDuck) != 0;

    /// <summary>Whether there is no workload, and no deploy that could become one.</summary>
    internal bool IsIdle => Volatile.Read(ref _deploying) == 0 && Deployed.Count == 0;

    /// <returns>False when it has been in lame duck before.</returns>
    internal bool TryEnterLameDuck()
    {
        if (Interlocked.Exchange(ref _lameDuck, 1) != 0)
        {
            return false;
        }

        _tags = NodeTags.Of(Options, Name, lameDuck: true);
        return true;
    }

    /// <summary>A deploy is in work, until what is returned is disposed of.</summary>
    internal IDisposable BeginDeploy()
    {
        Interlocked.Increment(ref _deploying);
        return new Deploying(this);
    }

    /// <summary>A workload runs: it is listed until it ends, and what happens to it is published.</summary>
    internal void Follow(DeployedWorkload deployed)
    {
        _ = _following.TryEnter();
        Deployed.Add(deployed);
        _ = FollowAsync(deployed);
    }

    /// <summary>Waits until what is to be told of all workloads has been handed to the publisher. No other may come.</summary>
    internal Task FollowedAsync() => _following.CloseAsync();

    private async Task FollowAsync(DeployedWorkload deployed)
    {
        // Who hears that it is over must not find it listed any more.
        await new WorkloadFollower(Id, deployed.Workload, _publisher, () => Deployed.Remove(deployed), _logger).FollowAsync().ConfigureAwait(false);
        _ = await deployed.Workload.Completion.ConfigureAwait(false);
        Deployed.Remove(deployed);
        _following.Leave();
        _mayBeIdle();
    }

    private sealed class Deploying(NodeCore node) : IDisposable
    {
        public void Dispose()
        {
            Interlocked.Decrement(ref node._deploying);
            node._mayBeIdle();
        }
    }
}
