namespace Nex.ProcessManager.Configuration;

/// <summary>The machines of <see cref="Sandbox.Qemu"/>. Immutable; checked with the options that it is part of.</summary>
public sealed record MicroVmOptions
{
    /// <summary>The kernel: for QEMU a compressed <c>vmlinuz</c>. It must be set.</summary>
    public string KernelPath { get; init; } = "";

    /// <summary>The initramfs with the agent as its first process, as <c>nex rootfs build</c> makes it. It must be set.</summary>
    public string InitramfsPath { get; init; } = "";

    /// <summary>
    /// A disk of ext4 or squashfs below the root of every machine. All machines share it and only read it; what one writes is its own and in
    /// its memory. By default there is none, and the root is the initramfs.
    /// </summary>
    public string? RootDiskPath { get; init; }

    /// <summary>Processors of each machine, 1 to 32. 1 by default.</summary>
    public int VcpuCount { get; init; } = 1;

    /// <summary>Memory of each machine in MiB, 96 to 1,048,576. 128 by default.</summary>
    public int MemoryMiB { get; init; } = 128;

    /// <summary>How fast each machine may read its <see cref="RootDiskPath"/>; as fast as the host by default.</summary>
    public RateLimiter? DiskRateLimiter { get; init; }

    /// <summary>
    /// Whether new machines are clones of a template that has been booted once, sharing its memory until they write to it. True by default.
    /// </summary>
    public bool UseTemplates { get; init; } = true;

    /// <summary>
    /// Where templates are kept for the next start. Nobody else may write to it. By default <c>/var/cache/nex/templates</c> for root, and
    /// <c>$XDG_CACHE_HOME/nex/templates</c> or <c>~/.cache/nex/templates</c> for others.
    /// </summary>
    public string TemplateDirectory { get; init; } = DefaultTemplateDirectory();

    /// <summary>How long a machine may take from its start until its agent is warm. 60 seconds by default; emulated ones need some.</summary>
    public TimeSpan BootTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>QEMU: a path, or a name that is looked up in PATH. <c>qemu-system-x86_64</c> by default.</summary>
    public string QemuPath { get; init; } = "qemu-system-x86_64";

    private static string DefaultTemplateDirectory()
    {
        const string name = "nex/templates";
        if (Linux.ProcessControl.EffectiveUserId == 0)
        {
            return Path.Combine("/var/cache", name);
        }

        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        return string.IsNullOrEmpty(cache)
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", name)
            : Path.Combine(cache, name);
    }
}

/// <summary>Limits of a device. Each may be left out.</summary>
public sealed record RateLimiter
{
    /// <summary>Of bytes.</summary>
    public TokenBucket? Bandwidth { get; init; }

    /// <summary>Of operations.</summary>
    public TokenBucket? Operations { get; init; }
}

/// <summary>A bucket that is refilled: so many tokens in so much time.</summary>
public sealed record TokenBucket
{
    /// <summary>How many tokens it holds.</summary>
    public required long Size { get; init; }

    /// <summary>In how much time an empty bucket is full again.</summary>
    public required TimeSpan RefillTime { get; init; }

    /// <summary>Tokens that there are once, at the start, on top; Firecracker knows them, QEMU does not.</summary>
    public long? OneTimeBurst { get; init; }
}
