using Nex.Agent.Links;
using Nex.Linux.Machine;
using Nex.Protocol.Agents;

namespace Nex.Agent.Guests;

/// <summary>The machine that belongs to one agent: what is mounted, what it is called, and what its workload may use of it.</summary>
internal sealed class Guest
{
    /// <summary>Where workloads start.</summary>
    internal const string WorkDirectory = "/work";

    /// <summary>The user that workloads run as, so that they reach neither the link nor the clock.</summary>
    internal const uint WorkloadUserId = 1000;

    /// <summary>Below which the workload has a cgroup.</summary>
    internal const string Cgroups = "/sys/fs/cgroup";

    private const MountFlags Still = MountFlags.NoSetUserId | MountFlags.NoDevices | MountFlags.NoExecution;

    private readonly GuestLink _link;

    private Guest(GuestLink link) => _link = link;

    /// <summary>Whether an end of the link is not the end of all.</summary>
    internal bool CanReconnect => _link.CanReconnect;

    /// <summary>Makes of a machine that has just been booted one that workloads can run on.</summary>
    /// <exception cref="IOException">Something that it needs is missing.</exception>
    internal static Guest SetUp()
    {
        MountKernel();
        var options = KernelCommandLine.Read("/proc/cmdline");
        var modules = KernelModules.Read("/lib/nex/modules");
        var link = GuestLink.Open(options.Link, modules);
        // The randomness of the host, where the machine has a device for it.
        modules.Load("virtio_rng");
        if (options.RootDisk is { } disk)
        {
            RootDisk.Use(disk, modules);
            MountKernel();
        }

        MountWritable(options);
        Host.EnableLoopback();
        return new Guest(link);
    }

    /// <summary>Opens the link to the node, and waits for the node where it is not there yet.</summary>
    internal AgentLink Connect() => _link.Connect();

    /// <summary>Makes this machine somebody: its randomness first, because all else may be made of it.</summary>
    internal static void TakeIdentity(AgentAdopt adopt)
    {
        KernelRandom.Add(adopt.Entropy);
        Host.SetName(adopt.AgentId);
        File.WriteAllText("/run/machine-id", $"{Guid.NewGuid():N}\n");
    }

    /// <summary>What the kernel shows of itself.</summary>
    private static void MountKernel()
    {
        // What a workload sees of processes are its own.
        FileSystems.Mount("proc", "/proc", "proc", Still, "hidepid=invisible");
        FileSystems.Mount("sys", "/sys", "sysfs", Still);
        FileSystems.Mount("cgroup", Cgroups, "cgroup2", Still);
        FileSystems.Mount("dev", "/dev", "devtmpfs", MountFlags.NoSetUserId);
    }

    private static void MountWritable(KernelCommandLine options)
    {
        const MountFlags harmless = MountFlags.NoSetUserId | MountFlags.NoDevices;
        string size = options.WorkspaceBytes is { } bytes ? $",size={bytes}" : "";
        FileSystems.Mount("pts", "/dev/pts", "devpts", MountFlags.NoSetUserId | MountFlags.NoExecution, "mode=620");
        FileSystems.Mount("shm", "/dev/shm", "tmpfs", Still, "mode=1777" + size);
        FileSystems.Mount("run", "/run", "tmpfs", Still, "mode=755,size=1m");
        FileSystems.Mount("tmp", "/tmp", "tmpfs", harmless, "mode=1777" + size);
        FileSystems.Mount("work", WorkDirectory, "tmpfs", harmless, $"mode=700,uid={WorkloadUserId},gid={WorkloadUserId}{size}");
        Directory.CreateDirectory("/etc");
        // What the image brings would be the same in every machine.
        File.Delete("/etc/machine-id");
        File.CreateSymbolicLink("/etc/machine-id", "/run/machine-id");
    }
}
