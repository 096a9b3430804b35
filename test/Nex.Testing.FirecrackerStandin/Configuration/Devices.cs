namespace Nex.Testing.FirecrackerStandin.Configuration;

internal enum CacheType
{
    Unsafe,
    Writeback,
}

internal enum IoEngine
{
    Sync,
    Async,
}

/// <summary>A disk of the guest.</summary>
internal sealed record Drive
{
    public required string DriveId { get; init; }

    public string? Partuuid { get; init; }

    public required bool IsRootDevice { get; init; }

    public CacheType CacheType { get; init; }

    public bool? IsReadOnly { get; init; }

    public string? PathOnHost { get; init; }

    public RateLimiter? RateLimiter { get; init; }

    public IoEngine? IoEngine { get; init; }

    public string? Socket { get; init; }
}

/// <summary>A change of a disk of a running guest.</summary>
internal sealed record DriveUpdate
{
    public required string DriveId { get; init; }

    public string? PathOnHost { get; init; }

    public RateLimiter? RateLimiter { get; init; }
}

/// <summary>A network interface of the guest, on a TAP device of the host.</summary>
internal sealed record NetworkInterface
{
    public required string IfaceId { get; init; }

    public required string HostDevName { get; init; }

    public string? GuestMac { get; init; }

    public ushort? Mtu { get; init; }

    public RateLimiter? RxRateLimiter { get; init; }

    public RateLimiter? TxRateLimiter { get; init; }
}

/// <summary>A change of an interface of a running guest.</summary>
internal sealed record NetworkInterfaceUpdate
{
    public required string IfaceId { get; init; }

    public RateLimiter? RxRateLimiter { get; init; }

    public RateLimiter? TxRateLimiter { get; init; }
}

/// <summary>A socket device between the guest and Unix sockets of the host.</summary>
internal sealed record VsockDevice
{
    public string? VsockId { get; init; }

    public required uint GuestCid { get; init; }

    public required string UdsPath { get; init; }
}

/// <summary>A source of random data.</summary>
internal sealed record EntropyDevice
{
    public RateLimiter? RateLimiter { get; init; }
}

/// <summary>Where the serial console of the guest goes.</summary>
internal sealed record SerialDevice
{
    public string? SerialOutPath { get; init; }

    public TokenBucket? RateLimiter { get; init; }
}

/// <summary>A balloon, which takes memory from the guest.</summary>
internal sealed record Balloon
{
    public required uint AmountMib { get; init; }

    public required bool DeflateOnOom { get; init; }

    public ushort StatsPollingIntervalS { get; init; }

    public bool FreePageHinting { get; init; }

    public bool FreePageReporting { get; init; }
}

internal sealed record BalloonUpdate
{
    public required uint AmountMib { get; init; }
}

internal sealed record BalloonHintingStart
{
    public bool AcknowledgeOnStop { get; init; } = true;
}

internal sealed record BalloonStatisticsUpdate
{
    public required ushort StatsPollingIntervalS { get; init; }
}
