using System.Collections.ObjectModel;
using NATS.NKeys;
using Nex.Control.Claims;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;

namespace Nex.Node;

/// <summary>How a node offers its agents. Immutable; checked as a whole when a node is made.</summary>
public sealed record NodeOptions
{
    internal const int MaxNameCharacters = 255;

    /// <summary>Its name, for people; also its tag <c>node_name</c>. By default one that is made from its id.</summary>
    public string? Name { get; init; }

    /// <summary>What it says of itself, besides the tags that every node adds: those of <see cref="NodeTags"/>, which win.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The public account keys (A…) whose workloads are accepted. Empty, the default, accepts those of all.</summary>
    public IReadOnlyList<string> ValidIssuers { get; init; } = [];

    /// <summary>The types of workload that are accepted, of those that its agents can run. <c>elf</c> by default.</summary>
    public IReadOnlyList<string> WorkloadTypes { get; init; } = [Protocol.Workloads.WorkloadTypes.Elf];

    /// <summary>
    /// Whether the claims of a workload must have the SHA-256 of its artifact. By default a claim that is no SHA-256 is passed over; one that
    /// is must be true in any case.
    /// </summary>
    public bool RequireWorkloadHash { get; init; }

    /// <summary>The sandbox that its agents run in, which its tags tell. <see cref="Sandbox.Namespaces"/> by default.</summary>
    public Sandbox Sandbox { get; init; } = Sandbox.Namespaces;

    /// <summary>The domain of JetStream for requests that name none; null, the default, for the one that the connection is in.</summary>
    public string? JetStreamDomain { get; init; }

    /// <summary>How often it says that it is there. 30 seconds by default.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a deploy may take, from the request until the program runs, the artifact's transfer included. A minute by default.</summary>
    public TimeSpan DeployTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How old the claims of a request may be, by their <c>iat</c>. Null, the default, for any age.</summary>
    public TimeSpan? MaxClaimsAge { get; init; }

    /// <summary>
    /// For how long, and for how many, used claims are remembered so that they cannot be used again. A day, and
    /// <see cref="MaxUsedClaims"/>, by default.
    /// </summary>
    public TimeSpan UsedClaimsMemory { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How many used claims are remembered; beyond that, the oldest are forgotten. 100,000 by default.</summary>
    public int MaxUsedClaims { get; init; } = 100_000;

    /// <summary>Whether the node ends when it is in lame duck and its last workload has ended.</summary>
    public bool StopAfterLastWorkload { get; init; }

    /// <summary>The size in bytes of the largest artifact that is fetched. 512 MiB by default; the cache may take less.</summary>
    public long MaxArtifactBytes { get; init; } = 512L * 1024 * 1024;

    /// <summary>How many requests are worked on at once. One that comes while there are as many is refused at once. 256 by default.</summary>
    public int MaxConcurrentRequests { get; init; } = 256;

    /// <summary>
    /// How many messages wait to be published, and how many bytes they have: while NATS is away or slow. Beyond that, the oldest lines of
    /// logs are dropped first, and counted. 65,536 messages by default.
    /// </summary>
    public int MaxBufferedMessages { get; init; } = 65_536;

    /// <summary>The most bytes that wait to be published. 32 MiB by default.</summary>
    public long MaxBufferedBytes { get; init; } = 32L * 1024 * 1024;

    /// <exception cref="ArgumentException">An option is out of its range; all are listed.</exception>
    internal void ThrowIfInvalid()
    {
        var faults = new List<string>();
        Require(Name is null || (Name.Length is > 0 and <= MaxNameCharacters && !Name.Any(char.IsControl)), nameof(Name), $"must be 1 to {MaxNameCharacters} characters, none of them a control character");
        Require(Tags.All(tag => tag.Key.Length > 0 && tag.Value is not null), nameof(Tags), "must all have a name and a value");
        foreach (string issuer in ValidIssuers)
        {
            Require(PublicKey.IsValid(PrefixByte.Account, issuer), nameof(ValidIssuers), $"must be public account keys (A…): '{issuer}' is none");
        }

        foreach (string type in WorkloadTypes)
        {
            Require(Protocol.Workloads.WorkloadTypes.Canonical(type) is not null, nameof(WorkloadTypes), $"must be elf (or native), wasm, v8 or oci: '{type}' is none");
        }

        Require(HeartbeatInterval > TimeSpan.Zero, nameof(HeartbeatInterval), "must be more than 0");
        Require(DeployTimeout > TimeSpan.Zero && DeployTimeout <= DeployRequestValidator.MaxGracePeriod, nameof(DeployTimeout), "must be more than 0, and at most an hour");
        Require(MaxClaimsAge is null || MaxClaimsAge > TimeSpan.Zero, nameof(MaxClaimsAge), "must be more than 0");
        Require(UsedClaimsMemory > TimeSpan.Zero, nameof(UsedClaimsMemory), "must be more than 0");
        Require(MaxUsedClaims >= 1, nameof(MaxUsedClaims), "must be at least 1");
        Require(MaxArtifactBytes >= 1, nameof(MaxArtifactBytes), "must be at least 1");
        Require(MaxConcurrentRequests >= 1, nameof(MaxConcurrentRequests), "must be at least 1");
        Require(MaxBufferedMessages >= 16, nameof(MaxBufferedMessages), "must be at least 16");
        Require(MaxBufferedBytes >= 64 * 1024, nameof(MaxBufferedBytes), "must be at least 64 KiB");
        if (faults.Count > 0)
        {
            throw new ArgumentException($"The options of the node have faults: {string.Join("; ", faults)}.");
        }

        void Require(bool holds, string option, string message)
        {
            if (!holds)
            {
                faults.Add($"{option} {message}");
            }
        }
    }
}
