using System.Text.Json.Serialization;

namespace Nex.Firecracker.Api;

/// <summary>Where to write a snapshot of a microVM that is paused.</summary>
public sealed record SnapshotCreation
{
    /// <summary>The file for the state of processors and devices, as a path that Firecracker sees.</summary>
    public required string SnapshotPath { get; init; }

    /// <summary>
    /// The file for the guest's memory, as a path that Firecracker sees. It must not change as long as a microVM that was loaded from it lives.
    /// </summary>
    public required string MemFilePath { get; init; }

    /// <summary>How much of the memory is written. <see cref="SnapshotType.Full"/> by default.</summary>
    public SnapshotType? SnapshotType { get; init; }
}

/// <summary>How much of the memory a snapshot has.</summary>
public enum SnapshotType
{
    /// <summary>All of it.</summary>
    Full,

    /// <summary>What has changed since the last snapshot. <see cref="MachineConfiguration.TrackDirtyPages"/> makes it small.</summary>
    Diff,
}

/// <summary>The snapshot that a fresh Firecracker process becomes, and what is different in it from then on.</summary>
public sealed record SnapshotLoad
{
    /// <summary>The file with the state of processors and devices, as a path that Firecracker sees.</summary>
    public required string SnapshotPath { get; init; }

    /// <summary>Where the guest's memory comes from.</summary>
    public required MemoryBackend MemBackend { get; init; }

    /// <summary>Whether it runs at once. By default it stays paused.</summary>
    public bool? ResumeVm { get; init; }

    /// <summary>Whether pages that the guest changes are tracked. False by default.</summary>
    public bool? TrackDirtyPages { get; init; }

    /// <summary>Other TAP devices for its network interfaces.</summary>
    public IReadOnlyList<NetworkOverride>? NetworkOverrides { get; init; }

    /// <summary>Another Unix socket for its vsock device: two microVMs of one snapshot cannot have the same. From Firecracker 1.16 on.</summary>
    public VsockOverride? VsockOverride { get; init; }

    /// <summary>Whether the guest's clock is moved by the time that has passed since the snapshot; x86-64 only. False by default.</summary>
    public bool? ClockRealtime { get; init; }

    /// <summary>The pages that back the guest's memory. <see cref="SnapshotHugePages.Snapshot"/> by default.</summary>
    public SnapshotHugePages? HugePages { get; init; }
}

/// <summary>Where the memory of a loaded snapshot comes from.</summary>
public sealed record MemoryBackend
{
    /// <summary>What the path is.</summary>
    public required MemoryBackendType BackendType { get; init; }

    /// <summary>The memory file, or the socket of who serves page faults, as a path that Firecracker sees.</summary>
    public required string BackendPath { get; init; }
}

/// <summary>What serves the memory of a loaded snapshot.</summary>
public enum MemoryBackendType
{
    /// <summary>The kernel, from the memory file, copied on write.</summary>
    File,

    /// <summary>A process that listens on a Unix socket and is handed the page faults (userfaultfd).</summary>
    Uffd,
}

/// <summary>Another TAP device for a network interface of a snapshot.</summary>
public sealed record NetworkOverride
{
    /// <summary>The id of the interface.</summary>
    public required string IfaceId { get; init; }

    /// <summary>The name of the TAP device.</summary>
    public required string HostDevName { get; init; }
}

/// <summary>Another Unix socket for the vsock device of a snapshot.</summary>
public sealed record VsockOverride
{
    /// <inheritdoc cref="VsockDevice.UdsPath"/>
    public required string UdsPath { get; init; }
}

/// <summary>The pages that back the memory of a loaded snapshot.</summary>
public enum SnapshotHugePages
{
    /// <summary>As when the snapshot was made.</summary>
    Snapshot,

    /// <summary>What the host does by default.</summary>
    None,

    /// <summary>The kernel may use large pages where it can.</summary>
    Transparent,

    /// <summary>Pages of 2 MiB; only with <see cref="MemoryBackendType.Uffd"/>.</summary>
    [JsonStringEnumMemberName("2M")]
    TwoMib,
}
