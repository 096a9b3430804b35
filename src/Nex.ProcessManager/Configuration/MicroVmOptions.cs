namespace Nex.ProcessManager.Configuration;

/// <summary>The machines of <see cref="Sandbox.Qemu"/> and <see cref="Sandbox.Firecracker"/>. Immutable; checked with the options that it is part of.</summary>
public sealed record MicroVmOptions
{
    /// <summary>The kernel: for QEMU a compressed <c>vmlinuz</c>, for Firecracker an uncompressed <c>vmlinux</c>. It must be set.</summary>
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

    /// <summary>
    /// Memory of each machine in MiB, 96 to 1,048,576. 128 by default. Artifacts go into it too: some 90 MiB are the kernel's and the agent's, and an
    /// artifact that has no room in the rest is refused.
    /// </summary>
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

    /// <summary>Firecracker: a path, or a name that is looked up in PATH. <c>firecracker</c> by default.</summary>
    public string FirecrackerPath { get; init; } = "firecracker";

    /// <summary>
    /// Firecracker: locks each of its processes up in a directory, with a user of its own. That needs root. By default there is none, and all
    /// of them run as <see cref="ProcessManagerOptions.SandboxUserId"/>, or as the node's user where that is not root.
    /// </summary>
    public JailerOptions? Jailer { get; init; }

    /// <summary>Firecracker: the network of its machines. It is read and reported, and not made yet: machines have no network.</summary>
    public CniOptions? Cni { get; init; }

    /// <summary>Whether there are limits for a disk that is not there.</summary>
    internal bool LimitsNoDisk => DiskRateLimiter is not null && RootDiskPath is null;

    /// <summary>False for a test program that takes the place of Firecracker where there is no KVM.</summary>
    internal bool RequireKvm { get; init; } = true;

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

/// <summary>How processes of Firecracker are locked up by its jailer. Immutable; checked with the options that it is part of.</summary>
public sealed record JailerOptions
{
    /// <summary>As many as the largest pool can have machines, and those that end beside them.</summary>
    internal const uint MaxUsers = 65_536;

    /// <summary>The jailer: a path, or a name that is looked up in PATH. <c>jailer</c> by default.</summary>
    public string Path { get; init; } = "jailer";

    /// <summary>
    /// The directory that jails are made in; it is made where it is missing. It holds copies of what machines are started from, and must be
    /// short: paths of sockets have at most 107 bytes. <c>/srv/jailer</c> by default.
    /// </summary>
    public string ChrootBaseDirectory { get; init; } = "/srv/jailer";

    /// <summary>
    /// The user of the first machine; each further one has the next number, and numbers are used again. Nothing else on the host may have
    /// these numbers, another node included. 900,000 by default.
    /// </summary>
    public uint UserIdBase { get; init; } = 900_000;

    /// <summary>The group of all of them. 900,000 by default.</summary>
    public uint GroupId { get; init; } = 900_000;

    /// <summary>
    /// The cgroup that each machine gets one of its own in, from the root of the version 2 hierarchy. By default the name of the program.
    /// </summary>
    public string? ParentCgroup { get; init; }

    /// <summary>
    /// Files of each machine's own cgroup and what is written to them, such as <c>memory.max</c>. By default there are none, and machines get
    /// no cgroup of their own.
    /// </summary>
    public IReadOnlyDictionary<string, string> Cgroup { get; init; } = new Dictionary<string, string>();

    /// <summary>The network namespace that all of them join, as a path. By default they stay in the host's.</summary>
    public string? NetworkNamespace { get; init; }
}

/// <summary>A network that CNI plugins make.</summary>
public sealed record CniOptions
{
    /// <summary>The name of the network.</summary>
    public string? NetworkName { get; init; }

    /// <summary>The name of the interface in the machine.</summary>
    public string? InterfaceName { get; init; }

    /// <summary>The addresses, such as <c>192.168.127.0/24</c>.</summary>
    public string? Subnet { get; init; }
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
