using Nex.Firecracker.Api;
using Nex.ProcessManager.Configuration;
using ApiBucket = Nex.Firecracker.Api.TokenBucket;
using ApiLimiter = Nex.Firecracker.Api.RateLimiter;

namespace Nex.ProcessManager.Launchers.MicroVms.Firecracker;

/// <summary>The options of machines as Firecracker's API has them.</summary>
internal static class ApiSettings
{
    /// <summary>Guests are told apart by their sockets: all have the same number.</summary>
    private const uint GuestCid = 3;

    internal static MachineConfiguration Machine(MicroVmOptions options) =>
        new() { VcpuCount = options.VcpuCount, MemSizeMib = options.MemoryMiB };

    internal static BootSource BootSource(VmmPaths paths, string kernelArguments) =>
        new() { KernelImagePath = paths.Kernel, InitrdPath = paths.Initramfs, BootArgs = kernelArguments };

    /// <summary>The agent mounts it: it is no root device to the kernel.</summary>
    internal static Drive Disk(VmmPaths paths, Configuration.RateLimiter? limiter) => new()
    {
        DriveId = "disk",
        IsRootDevice = false,
        IsReadOnly = true,
        PathOnHost = paths.Disk,
        RateLimiter = limiter is null ? null : new ApiLimiter { Bandwidth = Bucket(limiter.Bandwidth), Ops = Bucket(limiter.Operations) },
    };

    internal static VsockDevice Vsock(VmmPaths paths) => new() { GuestCid = GuestCid, UdsPath = paths.Vsock };

    internal static SnapshotLoad Load(VmmPaths paths) => new()
    {
        SnapshotPath = paths.State,
        MemBackend = new MemoryBackend { BackendType = MemoryBackendType.File, BackendPath = paths.Memory },
        VsockOverride = new VsockOverride { UdsPath = paths.Vsock },
        ResumeVm = true,
    };

    /// <summary>Firecracker counts in whole milliseconds.</summary>
    private static ApiBucket? Bucket(Configuration.TokenBucket? bucket) => bucket is null ? null : new ApiBucket
    {
        Size = bucket.Size,
        RefillTimeMs = Math.Max(1, (long)bucket.RefillTime.TotalMilliseconds),
        OneTimeBurst = bucket.OneTimeBurst,
    };
}
