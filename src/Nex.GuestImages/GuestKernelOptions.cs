namespace Nex.GuestImages;

/// <summary>Which kernel is unpacked, and where to.</summary>
public sealed record GuestKernelOptions
{
    /// <summary>Debian's kernel for machines in clouds: small, and with all that a microVM needs.</summary>
    public const string DefaultPackage = "linux-image-cloud-amd64";

    /// <summary>
    /// The modules that a guest of this project may need: the devices of a microVM, connections to the host, and file systems. What they need
    /// themselves is added.
    /// </summary>
    public static IReadOnlyList<string> DefaultModules { get; } =
    [
        "virtio_mmio", "virtio_console", "virtio_blk", "virtio_net", "virtio_rng",
        "vsock", "vmw_vsock_virtio_transport", "vmw_vsock_virtio_transport_common", "vsock_loopback",
        "ext4", "squashfs", "overlay", "crc32c_generic",
    ];

    /// <summary>
    /// The directory that becomes the unpacked kernel. It must not exist, or be empty, or hold a kernel that was unpacked before; its parents
    /// are made.
    /// </summary>
    public required string Directory { get; init; }

    /// <summary>A Debian package with a kernel; null to fetch <see cref="Package"/>.</summary>
    public string? PackageFile { get; init; }

    /// <summary>
    /// The package to fetch with apt where no file is given: one with a kernel, or one that depends on it. By default
    /// <see cref="DefaultPackage"/>.
    /// </summary>
    public string Package { get; init; } = DefaultPackage;

    /// <summary>The modules to keep. By default <see cref="DefaultModules"/>.</summary>
    public IReadOnlyList<string> Modules { get; init; } = DefaultModules;
}
