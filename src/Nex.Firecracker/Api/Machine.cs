using System.Text.Json.Serialization;

namespace Nex.Firecracker.Api;

/// <summary>The processors and the memory of a microVM. What is null is not sent: Firecracker's default holds.</summary>
public sealed record MachineConfiguration
{
    /// <summary>The number of virtual processors, 1 to 32.</summary>
    public required int VcpuCount { get; init; }

    /// <summary>The size of the memory, in MiB.</summary>
    public required int MemSizeMib { get; init; }

    /// <summary>Simultaneous multithreading; x86 only. False by default.</summary>
    public bool? Smt { get; init; }

    /// <summary>A set of processor features to hide. Deprecated by Firecracker in favour of its CPU configuration.</summary>
    public CpuTemplate? CpuTemplate { get; init; }

    /// <summary>Whether pages that the guest changes are tracked, which snapshots of <see cref="SnapshotType.Diff"/> need. False by default.</summary>
    public bool? TrackDirtyPages { get; init; }

    /// <summary>The pages that back the guest's memory. <see cref="HugePages.None"/> by default.</summary>
    public HugePages? HugePages { get; init; }
}

/// <summary>What to change of a <see cref="MachineConfiguration"/>. What is null stays as it is.</summary>
public sealed record MachineConfigurationUpdate
{
    /// <inheritdoc cref="MachineConfiguration.VcpuCount"/>
    public int? VcpuCount { get; init; }

    /// <inheritdoc cref="MachineConfiguration.MemSizeMib"/>
    public int? MemSizeMib { get; init; }

    /// <inheritdoc cref="MachineConfiguration.Smt"/>
    public bool? Smt { get; init; }

    /// <inheritdoc cref="MachineConfiguration.CpuTemplate"/>
    public CpuTemplate? CpuTemplate { get; init; }

    /// <inheritdoc cref="MachineConfiguration.TrackDirtyPages"/>
    public bool? TrackDirtyPages { get; init; }

    /// <inheritdoc cref="MachineConfiguration.HugePages"/>
    public HugePages? HugePages { get; init; }
}

/// <summary>Sets of processor features to hide from a guest. Firecracker documents what is in each.</summary>
public enum CpuTemplate
{
    /// <summary>None: the guest sees what the host has.</summary>
    None,

    /// <summary>Intel.</summary>
    C3,

    /// <summary>Intel.</summary>
    T2,

    /// <summary>Intel.</summary>
    T2S,

    /// <summary>Intel.</summary>
    T2CL,

    /// <summary>AMD.</summary>
    T2A,

    /// <summary>Arm Neoverse V1.</summary>
    V1N1,
}

/// <summary>The pages that back a guest's memory.</summary>
public enum HugePages
{
    /// <summary>Pages of 4 KiB.</summary>
    None,

    /// <summary>The kernel may use large pages where it can.</summary>
    Transparent,

    /// <summary>Pages of 2 MiB from the host's pool of huge pages. The size of the memory must be a multiple of 2 MiB.</summary>
    [JsonStringEnumMemberName("2M")]
    TwoMib,
}

/// <summary>What a microVM boots. Firecracker opens both files when it is told of them.</summary>
public sealed record BootSource
{
    /// <summary>The kernel, uncompressed (<c>vmlinux</c> on x86-64), as a path that Firecracker sees.</summary>
    public required string KernelImagePath { get; init; }

    /// <summary>The initial file system in memory, as a path that Firecracker sees.</summary>
    public string? InitrdPath { get; init; }

    /// <summary>The command line of the kernel. Firecracker has a default.</summary>
    public string? BootArgs { get; init; }
}
