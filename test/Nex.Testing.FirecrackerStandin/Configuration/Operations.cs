using System.Text.Json.Serialization;

namespace Nex.Testing.FirecrackerStandin.Configuration;

internal enum InstanceAction
{
    FlushMetrics,
    InstanceStart,
    SendCtrlAltDel,
}

internal sealed record ActionRequest
{
    public required InstanceAction ActionType { get; init; }
}

internal enum VmState
{
    Paused,
    Resumed,
}

internal sealed record VmStateRequest
{
    public required VmState State { get; init; }
}

internal enum SnapshotType
{
    Full,
    Diff,
}

internal sealed record SnapshotCreateRequest
{
    public SnapshotType SnapshotType { get; init; }

    public required string SnapshotPath { get; init; }

    public required string MemFilePath { get; init; }
}

internal enum MemoryBackendType
{
    File,
    Uffd,
}

internal sealed record MemoryBackend
{
    public required string BackendPath { get; init; }

    public required MemoryBackendType BackendType { get; init; }
}

internal sealed record NetworkOverride
{
    public required string IfaceId { get; init; }

    public required string HostDevName { get; init; }
}

internal sealed record VsockOverride
{
    public required string UdsPath { get; init; }
}

internal enum SnapshotHugePages
{
    Snapshot,
    None,
    Transparent,
    [JsonStringEnumMemberName("2M")]
    TwoMebibytes,
}

internal sealed record SnapshotLoadRequest
{
    public required string SnapshotPath { get; init; }

    public string? MemFilePath { get; init; }

    public MemoryBackend? MemBackend { get; init; }

    public bool EnableDiffSnapshots { get; init; }

    public bool TrackDirtyPages { get; init; }

    public bool ResumeVm { get; init; }

    public IReadOnlyList<NetworkOverride>? NetworkOverrides { get; init; }

    public VsockOverride? VsockOverride { get; init; }

    public bool ClockRealtime { get; init; }

    public SnapshotHugePages? HugePages { get; init; }
}
