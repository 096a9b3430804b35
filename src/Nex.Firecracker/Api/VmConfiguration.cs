using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nex.Firecracker.Api;

/// <summary>All that a microVM is configured with. What it does not have is null or empty.</summary>
public sealed record VmConfiguration
{
    // The generated reader sets every property, absent ones to null.

    /// <summary>Its processors and memory.</summary>
    [JsonPropertyName("machine-config")]
    public MachineConfiguration? MachineConfiguration { get; init; }

    /// <summary>What it boots. Its paths are empty when it was loaded from a snapshot.</summary>
    [JsonPropertyName("boot-source")]
    public BootSource? BootSource { get; init; }

    /// <summary>Its changes of processor features, as Firecracker has them.</summary>
    [JsonPropertyName("cpu-config")]
    public JsonElement? CpuConfiguration { get; init; }

    /// <summary>Its disks.</summary>
    public IReadOnlyList<Drive> Drives
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>Its persistent memory.</summary>
    public IReadOnlyList<PmemDevice> Pmem
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>Its network interfaces.</summary>
    [JsonPropertyName("network-interfaces")]
    public IReadOnlyList<NetworkInterface> NetworkInterfaces
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>Its socket device.</summary>
    public VsockDevice? Vsock { get; init; }

    /// <summary>Its source of random bytes.</summary>
    public EntropyDevice? Entropy { get; init; }

    /// <summary>Its balloon.</summary>
    public Balloon? Balloon { get; init; }

    /// <summary>The memory that can be added to it.</summary>
    [JsonPropertyName("memory-hotplug")]
    public MemoryHotplugConfiguration? MemoryHotplug { get; init; }

    /// <summary>How it reaches its metadata.</summary>
    [JsonPropertyName("mmds-config")]
    public MmdsConfiguration? MmdsConfiguration { get; init; }

    /// <summary>Where its process logs.</summary>
    public LoggerConfiguration? Logger { get; init; }

    /// <summary>Where its process writes metrics.</summary>
    public MetricsConfiguration? Metrics { get; init; }
}
