using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Nex.Testing.FirecrackerStandin.Configuration;

internal sealed record InstanceInformation
{
    public required string Id { get; init; }

    /// <summary><c>Not started</c>, <c>Running</c> or <c>Paused</c>.</summary>
    public required string State { get; init; }

    public required string VmmVersion { get; init; }

    public required string AppName { get; init; }
}

internal sealed record VersionInformation
{
    public required string FirecrackerVersion { get; init; }
}

internal sealed record BalloonStatistics
{
    public required ulong TargetPages { get; init; }

    public required ulong ActualPages { get; init; }

    public required ulong TargetMib { get; init; }

    public required ulong ActualMib { get; init; }
}

internal sealed record BalloonHintingStatus
{
    public required uint HostCmd { get; init; }

    public uint? GuestCmd { get; init; }
}

/// <summary>Changes of the processor's features. Kept; an emulated processor has its own.</summary>
internal sealed record CpuConfiguration
{
    public IReadOnlyList<string>? KvmCapabilities { get; init; }

    public JsonArray? CpuidModifiers { get; init; }

    public JsonArray? MsrModifiers { get; init; }

    public JsonArray? RegModifiers { get; init; }

    public JsonArray? VcpuFeatures { get; init; }
}

/// <summary>All that was configured.</summary>
internal sealed record FullConfiguration
{
    public Balloon? Balloon { get; init; }

    public required IReadOnlyList<Drive> Drives { get; init; }

    [JsonPropertyName("boot-source")]
    public required BootSource BootSource { get; init; }

    [JsonPropertyName("cpu-config")]
    public CpuConfiguration? CpuConfig { get; init; }

    public LoggerConfiguration? Logger { get; init; }

    [JsonPropertyName("machine-config")]
    public required MachineConfiguration MachineConfig { get; init; }

    public MetricsConfiguration? Metrics { get; init; }

    [JsonPropertyName("mmds-config")]
    public MmdsConfiguration? MmdsConfig { get; init; }

    [JsonPropertyName("network-interfaces")]
    public required IReadOnlyList<NetworkInterface> NetworkInterfaces { get; init; }

    public VsockDevice? Vsock { get; init; }

    public EntropyDevice? Entropy { get; init; }

    /// <summary>Always empty: this program has no such devices.</summary>
    public IReadOnlyList<string> Pmem { get; init; } = [];
}
