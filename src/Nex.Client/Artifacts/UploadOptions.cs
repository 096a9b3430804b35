namespace Nex.Client.Artifacts;

/// <summary>Where a file is to go.</summary>
public sealed record UploadOptions
{
    /// <summary>The bucket of nodes' clients by default.</summary>
    public const string DefaultBucket = "NEXCLIFILES";

    /// <summary>The object store. Default: <see cref="DefaultBucket"/>.</summary>
    public string Bucket { get; init; } = DefaultBucket;

    /// <summary>The key in it. What is there under the same key is replaced.</summary>
    public required string Key { get; init; }

    /// <summary>The most that the store may hold, in bytes, where it is made now; null: as much as the server has.</summary>
    public long? MaxBucketBytes { get; init; }

    /// <summary>The JetStream domain of the object store; null: as the client's options say; empty: that of the server.</summary>
    public string? JetStreamDomain { get; init; }
}

/// <summary>A file that is in an object store.</summary>
/// <param name="Location">Where: <c>nats://BUCKET/KEY</c>.</param>
/// <param name="Sha256">Its SHA-256, in hex.</param>
/// <param name="Size">Its length, in bytes.</param>
/// <param name="WasThere">Whether the store had it already.</param>
public sealed record UploadedArtifact(string Location, string Sha256, long Size, bool WasThere);
