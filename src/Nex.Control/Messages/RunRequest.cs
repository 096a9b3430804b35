using System.Text.Json.Serialization;
using Nex.Control.Formats;

namespace Nex.Control.Messages;

/// <summary>
/// A deploy request as it is on the wire. Everything may be missing: what must be there is said by the node, all of it at once. Where to find
/// the artifact, the claims and the sealed environment are told apart from what is run, which is
/// <see cref="Protocol.Workloads.DeployRequest"/>.
/// </summary>
internal sealed record RunRequest
{
    [JsonPropertyOrder(0)]
    public IReadOnlyList<string?>? Argv { get; init; }

    [JsonPropertyOrder(1)]
    public string? Description { get; init; }

    [JsonPropertyOrder(2)]
    public string? Type { get; init; }

    [JsonPropertyOrder(3)]
    public ArtifactLocation? Location { get; init; }

    [JsonPropertyOrder(4)]
    public bool? Essential { get; init; }

    [JsonPropertyOrder(5)]
    public string? WorkloadJwt { get; init; }

    [JsonPropertyOrder(6)]
    public string? Environment { get; init; }

    [JsonPropertyOrder(7)]
    [JsonPropertyName("jsdomain")]
    public string? JetStreamDomain { get; init; }

    [JsonPropertyOrder(8)]
    public string? SenderPublicKey { get; init; }

    [JsonPropertyOrder(9)]
    public string? TargetNode { get; init; }

    [JsonPropertyOrder(10)]
    public IReadOnlyList<string?>? TriggerSubjects { get; init; }

    [JsonPropertyOrder(11)]
    public int? RetryCount { get; init; }

    [JsonPropertyOrder(12)]
    public DateTimeOffset? RetriedAt { get; init; }
}

/// <summary>A stop request as it is on the wire.</summary>
internal sealed record StopRequest
{
    public string? WorkloadId { get; init; }

    public string? WorkloadJwt { get; init; }

    public string? TargetNode { get; init; }
}
