using System.Text.Json.Serialization;

namespace Nex.Firecracker.Api;

/// <summary>A disk of a microVM: a file of the host, or the socket of a vhost-user back end.</summary>
public sealed record Drive
{
    /// <summary>Its id: letters, digits and underscores.</summary>
    public required string DriveId { get; init; }

    /// <summary>Whether the guest boots from it.</summary>
    public required bool IsRootDevice { get; init; }

    /// <summary>The file, as a path that Firecracker sees. Null for vhost-user.</summary>
    public string? PathOnHost { get; init; }

    /// <summary>Whether the guest can only read it. Null for vhost-user.</summary>
    public bool? IsReadOnly { get; init; }

    /// <summary>The partition that the guest boots from, by its id. Only for the root device.</summary>
    [JsonPropertyName("partuuid")]
    public string? PartUuid { get; init; }

    /// <summary>Whether a flush of the guest reaches the host's disk. <see cref="DriveCacheType.Unsafe"/> by default.</summary>
    public DriveCacheType? CacheType { get; init; }

    /// <summary>How the file is read and written. <see cref="DriveIoEngine.Sync"/> by default. Null for vhost-user.</summary>
    public DriveIoEngine? IoEngine { get; init; }

    /// <summary>Its limits. Null for vhost-user.</summary>
    public RateLimiter? RateLimiter { get; init; }

    /// <summary>The socket of the vhost-user back end; null for a file.</summary>
    public string? Socket { get; init; }
}

/// <summary>What to change of a <see cref="Drive"/> while its microVM runs. What is null stays as it is.</summary>
public sealed record DriveUpdate
{
    /// <summary>The id of the drive.</summary>
    public required string DriveId { get; init; }

    /// <summary>Another file, or the same one after its size has changed.</summary>
    public string? PathOnHost { get; init; }

    /// <summary>Other limits.</summary>
    public RateLimiter? RateLimiter { get; init; }
}

/// <summary>What becomes of a guest's flushes.</summary>
public enum DriveCacheType
{
    /// <summary>They are not passed on: fast, and lost with the host.</summary>
    Unsafe,

    /// <summary>They reach the host's disk.</summary>
    Writeback,
}

/// <summary>How a drive's file is read and written.</summary>
public enum DriveIoEngine
{
    /// <summary>With blocking calls.</summary>
    Sync,

    /// <summary>With io_uring; needs a host kernel of 5.10.51 or newer.</summary>
    Async,
}

/// <summary>A file of the host as persistent memory of the guest (virtio-pmem).</summary>
public sealed record PmemDevice
{
    /// <summary>Its id: letters, digits and underscores.</summary>
    public required string Id { get; init; }

    /// <summary>The file, as a path that Firecracker sees.</summary>
    public required string PathOnHost { get; init; }

    /// <summary>Whether the guest boots from it. False by default.</summary>
    public bool? RootDevice { get; init; }

    /// <summary>Whether the guest can only read it. False by default.</summary>
    public bool? ReadOnly { get; init; }

    /// <summary>Its limits.</summary>
    public RateLimiter? RateLimiter { get; init; }
}

/// <summary>What to change of a <see cref="PmemDevice"/> while its microVM runs.</summary>
public sealed record PmemDeviceUpdate
{
    /// <summary>The id of the device.</summary>
    public required string Id { get; init; }

    /// <summary>Other limits.</summary>
    public RateLimiter? RateLimiter { get; init; }
}
