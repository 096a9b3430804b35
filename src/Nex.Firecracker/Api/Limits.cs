using System.Text.Json.Serialization;

namespace Nex.Firecracker.Api;

/// <summary>Limits of a device, each independent of the other. Null means no limit.</summary>
public sealed record RateLimiter
{
    /// <summary>The limit in bytes.</summary>
    public TokenBucket? Bandwidth { get; init; }

    /// <summary>The limit in operations.</summary>
    public TokenBucket? Ops { get; init; }
}

/// <summary>A limit as a bucket of tokens: each byte, or each operation, takes one.</summary>
public sealed record TokenBucket
{
    /// <summary>How many tokens it holds.</summary>
    public required long Size { get; init; }

    /// <summary>How long it takes to fill, in milliseconds.</summary>
    [JsonPropertyName("refill_time")]
    public required long RefillTimeMs { get; init; }

    /// <summary>Tokens that are there at the start in addition, and never come again.</summary>
    public long? OneTimeBurst { get; init; }
}
