using Nex.Node.Configuration.Keys;
using Nex.ProcessManager.Configuration;

namespace Nex.Node.Configuration;

/// <summary>What a configuration means for the machines of microVMs.</summary>
internal static class MachineSettings
{
    private const int LeastMemoryMiB = 96;

    private static readonly ConfigurationKey[] JailerKeys =
        [.. MachineKeys.List.Keys.Where(key => key.Path.StartsWith("jailer.", StringComparison.Ordinal) && key != MachineKeys.JailerEnabled)];

    internal static MicroVmOptions Of(NodeConfiguration configuration, Sandbox sandbox, string dataDirectory, ConfigurationValues values)
    {
        var defaults = new MicroVmOptions();
        string resources = ResourceDirectory(configuration, dataDirectory);
        string defaultDisk = Path.Combine(resources, "rootfs.ext4");
        return new MicroVmOptions
        {
            KernelPath = configuration.Find(MachineKeys.Kernel) ?? Path.Combine(resources, sandbox == Sandbox.Qemu ? "vmlinuz" : "vmlinux"),
            InitramfsPath = configuration.Find(MachineKeys.Initramfs) ?? Path.Combine(resources, "initramfs"),
            RootDiskPath = configuration.Find(MachineKeys.RootDisk) ?? (File.Exists(defaultDisk) ? defaultDisk : null),
            VcpuCount = (int)configuration.Get(MachineKeys.VcpuCount),
            MemoryMiB = MemoryMiB(configuration, values),
            DiskRateLimiter = Limiter(configuration, values),
            UseTemplates = configuration.Get(MachineKeys.UseTemplates),
            TemplateDirectory = configuration.Find(MachineKeys.TemplateDirectory) ?? defaults.TemplateDirectory,
            BootTimeout = configuration.Get(MachineKeys.BootTimeout),
            QemuPath = configuration.Get(MachineKeys.QemuPath),
            FirecrackerPath = configuration.Get(MachineKeys.FirecrackerPath),
            Jailer = Jailer(configuration),
        };
    }

    internal static string ResourceDirectory(NodeConfiguration configuration, string dataDirectory) =>
        configuration.Find(MachineKeys.ResourceDirectory) ?? Path.Combine(dataDirectory, "guest");

    /// <summary>Files of the original may have less than the guests of this system need.</summary>
    private static int MemoryMiB(NodeConfiguration configuration, ConfigurationValues values)
    {
        int written = (int)configuration.Get(MachineKeys.MemoryMiB);
        if (written >= LeastMemoryMiB)
        {
            return written;
        }

        values.AddWarning($"{MachineKeys.MemoryMiB.Path}: {written} MiB are less than a guest needs; machines get {LeastMemoryMiB}.");
        return LeastMemoryMiB;
    }

    private static JailerOptions? Jailer(NodeConfiguration configuration)
    {
        bool wanted = configuration.TryGet(MachineKeys.JailerEnabled, out bool enabled) ? enabled : JailerKeys.Any(configuration.IsSet);
        var defaults = new JailerOptions();
        return !wanted ? null : new JailerOptions
        {
            Path = configuration.Get(MachineKeys.JailerPath),
            ChrootBaseDirectory = configuration.Find(MachineKeys.ChrootBase) ?? defaults.ChrootBaseDirectory,
            UserIdBase = (uint)configuration.Get(MachineKeys.UserIdBase),
            GroupId = (uint)configuration.Get(MachineKeys.GroupId),
            ParentCgroup = configuration.Find(MachineKeys.ParentCgroup),
            Cgroup = configuration.Get(MachineKeys.JailerCgroup),
            NetworkNamespace = configuration.Find(MachineKeys.NetworkNamespace),
        };
    }

    private static RateLimiter? Limiter(NodeConfiguration configuration, ConfigurationValues values)
    {
        TokenBucket? bandwidth = Bucket(MachineKeys.BandwidthSize, MachineKeys.BandwidthRefill, MachineKeys.BandwidthBurst);
        TokenBucket? operations = Bucket(MachineKeys.OperationsSize, MachineKeys.OperationsRefill, MachineKeys.OperationsBurst);
        return bandwidth is null && operations is null ? null : new RateLimiter { Bandwidth = bandwidth, Operations = operations };

        TokenBucket? Bucket(ConfigurationKey<long> size, ConfigurationKey<long> refill, ConfigurationKey<long> burst)
        {
            ConfigurationKey? given = ((ConfigurationKey[])[size, refill, burst]).FirstOrDefault(configuration.IsSet);
            if (given is null)
            {
                return null;
            }

            if (configuration.Find(size) is { } tokens && configuration.Find(refill) is { } milliseconds)
            {
                return new TokenBucket { Size = tokens, RefillTime = TimeSpan.FromMilliseconds(milliseconds), OneTimeBurst = configuration.Find(burst) };
            }

            values.AddFault(given, $"a limit needs both {size.Path} and {refill.Path}.");
            return null;
        }
    }
}
