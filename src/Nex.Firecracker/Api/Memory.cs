using System.Text.Json.Serialization;

namespace Nex.Firecracker.Api;

/// <summary>A device that takes memory from a guest and gives it back.</summary>
public sealed record Balloon
{
    /// <summary>How much memory it takes, in MiB.</summary>
    public required int AmountMib { get; init; }

    /// <summary>Whether it gives memory back when the guest has none left.</summary>
    public required bool DeflateOnOom { get; init; }

    /// <summary>How often the guest reports statistics, in seconds; 0, the default, for never.</summary>
    [JsonPropertyName("stats_polling_interval_s")]
    public int? StatsPollingIntervalSeconds { get; init; }

    /// <summary>Whether the guest can be asked which pages it does not use. False by default.</summary>
    public bool? FreePageHinting { get; init; }

    /// <summary>Whether the guest reports pages that it does not use, all the time. False by default.</summary>
    public bool? FreePageReporting { get; init; }
}

internal sealed record BalloonUpdate
{
    public required int AmountMib { get; init; }
}

internal sealed record BalloonStatisticsUpdate
{
    [JsonPropertyName("stats_polling_interval_s")]
    public required int StatsPollingIntervalSeconds { get; init; }
}

internal sealed record BalloonHintingStart
{
    public required bool AcknowledgeOnStop { get; init; }
}

/// <summary>How far a run of free page hinting is.</summary>
public sealed record BalloonHintingStatus
{
    /// <summary>The number of the host's last command.</summary>
    public required long HostCmd { get; init; }

    /// <summary>The number of the guest's last command.</summary>
    public long? GuestCmd { get; init; }
}

/// <summary>What a guest last reported of its memory. Sizes are in bytes where nothing else is said; what it did not report is null.</summary>
public sealed record BalloonStatistics
{
    /// <summary>How many pages the balloon is to take.</summary>
    public required long TargetPages { get; init; }

    /// <summary>How many it has.</summary>
    public required long ActualPages { get; init; }

    /// <summary>How much memory the balloon is to take, in MiB.</summary>
    public required long TargetMib { get; init; }

    /// <summary>How much it has, in MiB.</summary>
    public required long ActualMib { get; init; }

    /// <summary>Memory swapped in.</summary>
    public long? SwapIn { get; init; }

    /// <summary>Memory swapped out.</summary>
    public long? SwapOut { get; init; }

    /// <summary>Page faults that needed the disk.</summary>
    public long? MajorFaults { get; init; }

    /// <summary>Page faults that did not.</summary>
    public long? MinorFaults { get; init; }

    /// <summary>Memory that is used for nothing.</summary>
    public long? FreeMemory { get; init; }

    /// <summary>All memory.</summary>
    public long? TotalMemory { get; init; }

    /// <summary>Memory that new programs could have without swapping.</summary>
    public long? AvailableMemory { get; init; }

    /// <summary>Memory that can be had back without disk accesses.</summary>
    public long? DiskCaches { get; init; }

    /// <summary>Huge pages given out.</summary>
    public long? HugetlbAllocations { get; init; }

    /// <summary>Huge pages asked for in vain.</summary>
    public long? HugetlbFailures { get; init; }

    /// <summary>How often the guest killed a process for want of memory.</summary>
    public long? OomKill { get; init; }

    /// <summary>How often an allocation had to wait.</summary>
    public long? AllocStall { get; init; }

    /// <summary>Pages looked at in the background.</summary>
    public long? AsyncScan { get; init; }

    /// <summary>Pages looked at while an allocation waited.</summary>
    public long? DirectScan { get; init; }

    /// <summary>Pages had back in the background.</summary>
    public long? AsyncReclaim { get; init; }

    /// <summary>Pages had back while an allocation waited.</summary>
    public long? DirectReclaim { get; init; }
}

/// <summary>Memory that can be added to a guest, and taken away, while it runs (virtio-mem).</summary>
public sealed record MemoryHotplugConfiguration
{
    /// <summary>The most that can be added, in MiB.</summary>
    public required long TotalSizeMib { get; init; }

    /// <summary>The unit in which the host adds memory, in MiB. 128 by default.</summary>
    public long? SlotSizeMib { get; init; }

    /// <summary>The unit in which the guest does, in MiB. 2 by default.</summary>
    public long? BlockSizeMib { get; init; }
}

internal sealed record MemoryHotplugUpdate
{
    public required long RequestedSizeMib { get; init; }
}

/// <summary>How much memory has been added to a guest. All sizes are in MiB.</summary>
public sealed record MemoryHotplugStatus
{
    /// <inheritdoc cref="MemoryHotplugConfiguration.TotalSizeMib"/>
    public long? TotalSizeMib { get; init; }

    /// <inheritdoc cref="MemoryHotplugConfiguration.SlotSizeMib"/>
    public long? SlotSizeMib { get; init; }

    /// <inheritdoc cref="MemoryHotplugConfiguration.BlockSizeMib"/>
    public long? BlockSizeMib { get; init; }

    /// <summary>How much the guest has.</summary>
    public long? PluggedSizeMib { get; init; }

    /// <summary>How much it is to have.</summary>
    public long? RequestedSizeMib { get; init; }
}
