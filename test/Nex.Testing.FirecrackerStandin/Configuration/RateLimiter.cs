namespace Nex.Testing.FirecrackerStandin.Configuration;

/// <summary>So many tokens, refilled in so many milliseconds, and what may be used once before that counts.</summary>
internal sealed record TokenBucket
{
    public required ulong Size { get; init; }

    public ulong? OneTimeBurst { get; init; }

    public required ulong RefillTime { get; init; }

    /// <summary>Tokens a second; 0 is no limit, as Firecracker takes a bucket without a size or a time.</summary>
    internal ulong PerSecond() => RefillTime == 0 ? 0 : (ulong)UInt128.Min(long.MaxValue, (UInt128)Size * 1000 / RefillTime);
}

/// <summary>Limits of a device: bytes and operations.</summary>
internal sealed record RateLimiter
{
    public TokenBucket? Bandwidth { get; init; }

    public TokenBucket? Ops { get; init; }

    /// <summary>These limits, with those of an update in their place where it names them.</summary>
    internal static RateLimiter? Update(RateLimiter? current, RateLimiter? update) => update is null
        ? current
        : new RateLimiter { Bandwidth = update.Bandwidth ?? current?.Bandwidth, Ops = update.Ops ?? current?.Ops };
}
