namespace Nex.Node.Configuration.Keys;

/// <summary>Keys of the machines of the sandboxes qemu and firecracker.</summary>
internal static class MachineKeys
{
    internal static readonly KeyList List = new() { OfMachines = true };

    internal static readonly ConfigurationKey<string> ResourceDirectory = List.FilePath(
        "default_resource_dir", "`guest` in `data_dir`", "Where the files that machines are started from are, as `nex node preflight --install` makes them.");

    internal static readonly ConfigurationKey<string> Kernel = List.FilePath(
        "kernel_filepath", "`vmlinux` in `default_resource_dir`; for QEMU `vmlinuz`", "The kernel: for Firecracker an uncompressed one, for QEMU a compressed one.");

    internal static readonly ConfigurationKey<string> Initramfs = List.FilePath(
        "initramfs_filepath", "`initramfs` in `default_resource_dir`", "The initramfs with the agent as its first process.");

    internal static readonly ConfigurationKey<string> RootDisk = List.FilePath(
        "rootfs_filepath", "`rootfs.ext4` in `default_resource_dir`, where it is there", "A disk of ext4 or squashfs below the root of every machine, which all only read.");

    internal static readonly ConfigurationKey<long> VcpuCount = List.Integer("machine_template.vcpu_count", 1, 1, 32, "Processors of each machine.");

    internal static readonly ConfigurationKey<long> MemoryMiB = List.Integer(
        "machine_template.memsize_mib", 256, 1, 1024 * 1024, "Memory of each machine in MiB: at least 96, which a guest needs, whatever is written, artifacts included. Machines share what none of them has written to.");

    internal static readonly ConfigurationKey<long> BandwidthSize = List.Integer(
        "rate_limiters.bandwidth.size", "no limit", 1, long.MaxValue, "How many bytes a machine may read from its disk in a refill time.");

    internal static readonly ConfigurationKey<long> BandwidthRefill = List.Integer(
        "rate_limiters.bandwidth.refill_time", "no limit", 1, 86_400_000, "The refill time in milliseconds.");

    internal static readonly ConfigurationKey<long> BandwidthBurst = List.Integer(
        "rate_limiters.bandwidth.one_time_burst", "none", 0, long.MaxValue, "Bytes on top, once. Only Firecracker has it.");

    internal static readonly ConfigurationKey<long> OperationsSize = List.Integer(
        "rate_limiters.iops.size", "no limit", 1, long.MaxValue, "The same for operations.");

    internal static readonly ConfigurationKey<long> OperationsRefill = List.Integer(
        "rate_limiters.iops.refill_time", "no limit", 1, 86_400_000, "The refill time in milliseconds.");

    internal static readonly ConfigurationKey<long> OperationsBurst = List.Integer(
        "rate_limiters.iops.one_time_burst", "none", 0, long.MaxValue, "Operations on top, once.");

    internal static readonly ConfigurationKey<bool> UseTemplates = List.Flag(
        "use_templates", true, "Whether machines are clones of one that has been booted once.");

    internal static readonly ConfigurationKey<string> TemplateDirectory = List.FilePath(
        "template_dir", "`/var/cache/nex/templates` for root, else `$XDG_CACHE_HOME/nex/templates` or `~/.cache/nex/templates`", "Where templates are kept for the next start of the node.");

    internal static readonly ConfigurationKey<TimeSpan> BootTimeout = List.Milliseconds(
        "boot_timeout_ms", TimeSpan.FromSeconds(60), "How long a machine may take from its start until its agent is warm.");

    internal static readonly ConfigurationKey<string> QemuPath = List.Program("qemu_path", "qemu-system-x86_64", "QEMU.");

    internal static readonly ConfigurationKey<string> FirecrackerPath = List.Program("firecracker_path", "firecracker", "Firecracker.");

    internal static readonly ConfigurationKey<bool> JailerEnabled = List.Flag(
        "jailer.enabled", "true where another key of `jailer` is there", "Whether each Firecracker is locked up in a directory, with a user of its own. That needs root.");

    internal static readonly ConfigurationKey<string> JailerPath = List.Program("jailer.path", "jailer", "Firecracker's jailer.");

    internal static readonly ConfigurationKey<string> ChrootBase = List.FilePath("jailer.chroot_base_dir", "`/srv/jailer`", "The directory that jails are made in.");

    internal static readonly ConfigurationKey<long> UserIdBase = List.Integer(
        "jailer.uid_base", 900_000, 1, int.MaxValue - 65_536, "The user of the first machine; each further one has the next number.");

    internal static readonly ConfigurationKey<long> GroupId = List.Integer("jailer.gid", 900_000, 1, int.MaxValue, "The group of all of them.");

    internal static readonly ConfigurationKey<string> ParentCgroup = List.Text("jailer.parent_cgroup", "`firecracker`", "The cgroup that each machine gets one of its own in.");

    internal static readonly ConfigurationKey<IReadOnlyDictionary<string, string>> JailerCgroup = List.Map(
        "jailer.cgroup", "Files of each machine's own cgroup and what is written to them, such as `memory.max`.");

    internal static readonly ConfigurationKey<string> NetworkNamespace = List.FilePath(
        "jailer.network_namespace", "that of the host", "The network namespace that all of them join.");
}
