using System.Text.Json.Serialization;

namespace Nex.Firecracker.Api;

/// <summary>A network interface of a microVM, over a TAP device of the host. Firecracker opens that when it is told of it.</summary>
public sealed record NetworkInterface
{
    /// <summary>Its id: letters, digits and underscores.</summary>
    public required string IfaceId { get; init; }

    /// <summary>The name of the TAP device.</summary>
    public required string HostDevName { get; init; }

    /// <summary>The guest's hardware address, such as <c>06:00:AC:10:00:02</c>.</summary>
    public string? GuestMac { get; init; }

    /// <summary>The largest packet that the guest is told of, 68 to 65,535 bytes. By default it is told none.</summary>
    public int? Mtu { get; init; }

    /// <summary>The limits of what the guest receives.</summary>
    public RateLimiter? RxRateLimiter { get; init; }

    /// <summary>The limits of what the guest sends.</summary>
    public RateLimiter? TxRateLimiter { get; init; }
}

/// <summary>What to change of a <see cref="NetworkInterface"/> while its microVM runs. What is null stays as it is.</summary>
public sealed record NetworkInterfaceUpdate
{
    /// <summary>The id of the interface.</summary>
    public required string IfaceId { get; init; }

    /// <summary>Other limits of what the guest receives.</summary>
    public RateLimiter? RxRateLimiter { get; init; }

    /// <summary>Other limits of what the guest sends.</summary>
    public RateLimiter? TxRateLimiter { get; init; }
}

/// <summary>A socket device between the host and a guest, which is a set of Unix sockets on the host. Firecracker binds the first when it is told of it.</summary>
public sealed record VsockDevice
{
    /// <summary>The guest's number, 3 or more. It need not be unique on the host.</summary>
    public required uint GuestCid { get; init; }

    /// <summary>
    /// The path of the Unix socket for connections of the host, as Firecracker sees it. For connections of the guest, the host listens on this
    /// path with <c>_PORT</c> behind it.
    /// </summary>
    public required string UdsPath { get; init; }
}

/// <summary>How a guest reaches its metadata, an HTTP server inside Firecracker.</summary>
public sealed record MmdsConfiguration
{
    /// <summary>The ids of the network interfaces that lead to it.</summary>
    public required IReadOnlyList<string> NetworkInterfaces { get; init; }

    /// <summary>How a guest asks for it. <see cref="MmdsVersion.V1"/> by default.</summary>
    public MmdsVersion? Version { get; init; }

    /// <summary>Its link-local address. <c>169.254.169.254</c> by default.</summary>
    [JsonPropertyName("ipv4_address")]
    public string? Ipv4Address { get; init; }

    /// <summary>Whether it always answers as plain text, as EC2 does. False by default.</summary>
    public bool? ImdsCompat { get; init; }
}

/// <summary>How a guest asks for its metadata.</summary>
public enum MmdsVersion
{
    /// <summary>With a request alone.</summary>
    V1,

    /// <summary>With a token that it asks for first.</summary>
    V2,
}
