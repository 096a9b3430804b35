using Nex.Linux;
using Nex.Node.Configuration;
using Nex.Node.Servers;
using Nex.ProcessManager;
using Nex.ProcessManager.Cgroups;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.MicroVms;
using Nex.ProcessManager.Launchers.MicroVms.Qemu;
using Nex.ProcessManager.Launchers.Spawning;

namespace Nex.Node.Preflight;

/// <summary>Looks for each thing that a node may need.</summary>
internal static class HostChecks
{
    internal const string Install = "nex node preflight --install";

    private const string Node = "node";
    private const string None = "none";
    private const string Namespaces = "namespaces";
    private const string Qemu = "qemu";
    private const string Firecracker = "firecracker";
    private const string FirecrackerReleases = "take it from the releases of github.com/firecracker-microvm/firecracker, and put it into PATH";

    internal static IEnumerable<PreflightCheck> Run(NodeSettings settings, bool needsServer)
    {
        MicroVmOptions machines = settings.Agents.MicroVm;
        yield return Agent(settings.Agents.AgentPath);
        yield return RunDirectory(settings.Agents.RunDirectory);
        yield return Program("nats-server", NatsServerProgram.TryFind(settings.PrivateServer.Program), [Node], !needsServer, NatsServerProgram.Package);
        yield return Program("bubblewrap", Executables.Find("bwrap"), [Namespaces], isOptional: false, "bubblewrap");
        yield return UserNamespaces();
        yield return SystemCallFilters();
        yield return Program("setpriv", Executables.Find("setpriv"), [Namespaces, Qemu, Firecracker], isOptional: false, "util-linux");
        yield return Program(machines.QemuPath, Find(machines.QemuPath), [Qemu], isOptional: false, "qemu-system-x86");
        yield return Kvm(settings.Agents);
        yield return Program(machines.FirecrackerPath, Find(machines.FirecrackerPath), [Firecracker], isOptional: false, package: null, FirecrackerReleases);
        yield return Program(machines.Jailer?.Path ?? "jailer", Find(machines.Jailer?.Path ?? "jailer"), [Firecracker], machines.Jailer is null, package: null, FirecrackerReleases);
        string resources = Path.GetDirectoryName(machines.InitramfsPath) ?? "";
        yield return GuestFile("kernel of QEMU", settings.Agents.Sandbox == Sandbox.Qemu ? machines.KernelPath : Path.Combine(resources, "vmlinuz"), Qemu);
        yield return GuestFile("kernel of Firecracker", settings.Agents.Sandbox == Sandbox.Qemu ? Path.Combine(resources, "vmlinux") : machines.KernelPath, Firecracker);
        yield return GuestFile("initramfs", machines.InitramfsPath, Qemu, Firecracker);
        yield return Cgroups();
        yield return Program("mksquashfs", FindInSystem("mksquashfs"), [Qemu, Firecracker], isOptional: true, "squashfs-tools");
        yield return Program("mke2fs", FindInSystem("mke2fs"), [Qemu, Firecracker], isOptional: true, "e2fsprogs");
    }

    private static PreflightCheck Agent(string path)
    {
        bool there = Executables.IsExecutable(path);
        return new PreflightCheck
        {
            Name = "nex-agent",
            NeededFor = [Node],
            IsThere = there,
            Found = there ? path : $"{path} is not there, or not executable",
            Remedy = there ? null : "put nex-agent beside nex, or name it with agent_path",
        };
    }

    private static PreflightCheck RunDirectory(string path)
    {
        bool executes = ProgramFile.MayBeIn(path);
        return new PreflightCheck
        {
            Name = "run directory",
            NeededFor = [None, Namespaces],
            IsThere = executes,
            Found = executes ? path : $"{path} is on a file system that is mounted with noexec",
            Remedy = executes ? null : "name another with run_dir",
        };
    }

    private static PreflightCheck Program(string name, string? path, string[] neededFor, bool isOptional, string? package, string? remedy = null) => new()
    {
        Name = Path.GetFileName(name),
        NeededFor = neededFor,
        IsOptional = isOptional,
        IsThere = path is not null,
        Found = path ?? "not installed",
        Remedy = path is not null ? null : remedy ?? $"apt-get install {package}",
        Package = package,
    };

    private static PreflightCheck UserNamespaces()
    {
        string? reason = (Number("/proc/sys/user/max_user_namespaces"), Number("/proc/sys/kernel/unprivileged_userns_clone")) switch
        {
            (0, _) => "user.max_user_namespaces is 0",
            (null, _) => "the kernel has none",
            // Root gives up its rights before it makes a sandbox.
            (_, 0) => "kernel.unprivileged_userns_clone is 0",
            _ => null,
        };
        return new PreflightCheck
        {
            Name = "user namespaces",
            NeededFor = [Namespaces],
            IsThere = reason is null,
            Found = reason ?? "allowed",
            Remedy = reason is null ? null : "sysctl -w user.max_user_namespaces=65536 kernel.unprivileged_userns_clone=1",
        };
    }

    private static PreflightCheck SystemCallFilters()
    {
        bool there = File.Exists("/proc/sys/kernel/seccomp/actions_avail");
        return new PreflightCheck
        {
            Name = "system call filters",
            NeededFor = [Namespaces, Qemu],
            IsThere = there,
            Found = there ? "known to the kernel" : "the kernel has none",
            Remedy = there ? null : "boot a kernel with CONFIG_SECCOMP_FILTER",
        };
    }

    private static PreflightCheck Kvm(ProcessManagerOptions agents)
    {
        var kvm = KvmAccess.Of(agents.MicroVm.Jailer is null ? agents.MachineUserId : null);
        return new PreflightCheck
        {
            Name = KvmAccess.Device,
            NeededFor = [Firecracker],
            IsThere = kvm.IsUsable,
            Found = kvm.IsUsable ? "can be used" : kvm.Obstacle!,
            Remedy = kvm.Remedy,
        };
    }

    /// <summary>How QEMU runs its machines here; null where there is none.</summary>
    internal static async Task<PreflightCheck?> AccelerationAsync(ProcessManagerOptions agents, CancellationToken cancellationToken)
    {
        try
        {
            QemuHost host = await QemuHost.FindAsync(agents, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            return new PreflightCheck
            {
                Name = "acceleration",
                NeededFor = [Qemu],
                IsOptional = true,
                IsThere = host.Accelerator.Remedy is null,
                Found = host.Accelerator.Name,
                Remedy = host.Accelerator.Remedy,
            };
        }
        catch (ProcessManagerException)
        {
            // What is missing is a check of its own.
            return null;
        }
    }

    private static PreflightCheck GuestFile(string name, string path, params string[] neededFor)
    {
        bool there = File.Exists(path);
        return new PreflightCheck
        {
            Name = name,
            NeededFor = neededFor,
            IsThere = there,
            Found = there ? path : $"{path} is not there",
            Remedy = there ? null : $"{Install}, or nex kernel and nex rootfs build",
        };
    }

    private static PreflightCheck Cgroups()
    {
        string? reason = NodeCgroup.Find() switch
        {
            null => "this host has no cgroup version 2",
            var own when !CanWrite(own) => "the node's own cgroup is not delegated to it",
            var own when NodeCgroup.HasStrangers(own) => "other processes stand in the node's own cgroup",
            var own => CgroupTree.Wanted.Except(CgroupTree.Read(own, "cgroup.controllers")).ToArray() is { Length: > 0 } missing
                ? $"the node's own cgroup has no controller for {string.Join(", ", missing)}"
                : null,
        };
        return new PreflightCheck
        {
            Name = "cgroup v2",
            NeededFor = [None, Namespaces],
            IsOptional = true,
            IsThere = reason is null,
            Found = reason ?? "delegated",
            Remedy = reason is null ? null : "without it, memory and processors cannot be limited; with systemd: Delegate=yes",
        };
    }

    private static bool CanWrite(string directory)
    {
        try
        {
            using FileStream procs = new(Path.Combine(directory, "cgroup.subtree_control"), FileMode.Open, FileAccess.Write);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static long? Number(string path)
    {
        try
        {
            return long.TryParse(File.ReadAllText(path), out long number) ? number : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? Find(string program) =>
        Path.IsPathFullyQualified(program) ? (Executables.IsExecutable(program) ? program : null) : Executables.Find(program);

    private static string? FindInSystem(string program) => NatsServerProgram.TryFind(program);
}
