using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Linux.Machine;
using Nex.Linux.Processes;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.MicroVms;
using Nex.ProcessManager.Launchers.MicroVms.Firecracker;
using Nex.ProcessManager.Launchers.MicroVms.Firecracker.Jails;
using Nex.ProcessManager.Launchers.MicroVms.Templates;
using Nex.ProcessManager.Launchers.RunDirectories;
using Nex.ProcessManager.Tests.Conformance;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Files;

namespace Nex.ProcessManager.Tests.Launchers.MicroVms.Firecracker.Jails;

public sealed class JailedHomesTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly BootFiles _files;
    private readonly Template _template = new(Memory("The memory."), Memory("The state."));

    public JailedHomesTests()
    {
        File.WriteAllText(_directory["kernel"], "The kernel.");
        File.WriteAllText(_directory["initramfs"], "The initramfs.");
        _files = new BootFiles
        {
            Kernel = GuestFile.Read(_directory["kernel"], "kernel", "KernelPath"),
            Initramfs = GuestFile.Read(_directory["initramfs"], "initramfs", "InitramfsPath"),
        };
    }

    private string Jails => _directory["jails/firecracker"];

    public void Dispose()
    {
        _files.Dispose();
        _template.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_jail_is_told_of_a_user_of_its_own_and_of_paths_that_it_sees()
    {
        using JailedHomes homes = Open();
        using SafeFileHandle nothing = File.OpenHandle("/dev/null");
        using VmmHome first = homes.ForBoot("a", _directory.Path, template: null), second = homes.ForBoot("b", _directory.Path, template: null);

        string[] arguments = [.. first.Command(nothing, nothing).Arguments];

        Assert.Equal(["--uid", "700000"], arguments.SkipWhile(argument => argument != "--uid").Take(2));
        Assert.Equal(["--api-sock", "/api"], arguments.SkipWhile(argument => argument != "--api-sock").Take(2));
        Assert.Contains("700001", second.Command(nothing, nothing).Arguments);
        Assert.StartsWith(Jails, first.ApiSocket, StringComparison.Ordinal);
        Assert.EndsWith("/root/api", first.ApiSocket, StringComparison.Ordinal);
    }

    [Fact]
    public void Jails_share_the_files_of_a_template_which_they_can_only_read()
    {
        using JailedHomes homes = Open();
        using VmmHome first = homes.ForClone("a", _directory.Path, _template), second = homes.ForClone("b", _directory.Path, _template);
        string[] roots = [Build(first), Build(second)];

        first.Furnish();
        second.Furnish();

        Assert.All(roots, root => Assert.Equal(["memory", "state"], Directory.GetFiles(root).Select(Path.GetFileName).Order(StringComparer.Ordinal)));
        Assert.All(roots, root => Assert.Equal("The memory.", File.ReadAllText(Path.Combine(root, "memory"))));
        Assert.All(roots, root => Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(Path.Combine(root, "memory")) & (UnixFileMode.OtherWrite | UnixFileMode.GroupWrite | UnixFileMode.UserWrite)));
    }

    [Fact]
    public void A_machine_that_is_booted_gets_the_kernel_and_its_template_is_taken_from_its_jail()
    {
        using JailedHomes homes = Open();
        using VmmHome home = homes.ForBoot("a", _directory.Path, _template);
        using var written = new Template(MemoryFile.Create("memory"), MemoryFile.Create("state"));
        string root = Build(home);

        home.Furnish();
        File.WriteAllText(Path.Combine(root, "memory"), "Written.");
        File.WriteAllText(Path.Combine(root, "state"), "Too.");
        home.Collect(written);

        Assert.Equal("The kernel.", File.ReadAllText(Path.Combine(root, "kernel")));
        Assert.Equal((8L, 4L), (RandomAccess.GetLength(written.Memory), RandomAccess.GetLength(written.State)));
    }

    [Fact]
    public void Nothing_is_left_when_all_is_over()
    {
        using (JailedHomes homes = Open())
        {
            using VmmHome home = homes.ForClone("a", _directory.Path, _template);
            Build(home);
            home.Furnish();
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(Jails));
    }

    [Fact]
    public void What_a_killed_node_left_is_removed_and_nothing_else()
    {
        string[] left = [Path.Combine(Jails, "nex-4194303-1-00000000-00000000-1-7"), Path.Combine(Jails, "nex-4194303-1-00000000-00000000-1-files")];
        string stranger = Path.Combine(Jails, "vm-1");
        foreach (string directory in (string[])[.. left, stranger])
        {
            Directory.CreateDirectory(Path.Combine(directory, "root"));
        }

        using JailedHomes homes = Open();

        Assert.All(left, directory => Assert.False(Directory.Exists(directory)));
        Assert.True(Directory.Exists(stranger));
    }

    /// <summary>It is found without the run directory of the node that was killed.</summary>
    [Fact]
    public async Task What_still_lives_in_a_jail_of_a_killed_node_is_ended_and_its_cgroup_is_removed()
    {
        InstanceName killed = InstanceName.Create() with { Owner = new ProcessIdentity(4_194_303, 1) };
        string jail = Path.Combine(Jails, JailName.OfJail(killed, 7));
        string? cgroup = HostCgroup.Root is { } root ? Path.Combine(root, "firecracker", Path.GetFileName(jail)) : null;
        using TestProcess survivor = await TestProcess.StartAsync("tree", "stubborn");
        _ = Directory.CreateDirectory(jail);
        RunDirectory.Record(jail, survivor.Identity);
        if (cgroup is not null)
        {
            _ = Directory.CreateDirectory(cgroup);
            await File.WriteAllTextAsync(Path.Combine(cgroup, "cgroup.procs"), $"{survivor.Identity.ProcessId}");
        }

        using JailedHomes homes = Open();

        Assert.False(survivor.Identity.IsAlive);
        Assert.False(Directory.Exists(jail));
        Assert.False(Directory.Exists(cgroup));
    }

    [Fact]
    public void A_host_without_room_for_the_files_of_jails_has_none_of_them_left()
    {
        using var disk = SmallDisk.Mount(kibibytes: 64);
        File.WriteAllBytes(_directory["kernel"], RandomNumberGenerator.GetBytes(1024 * 1024));
        using var files = new BootFiles
        {
            Kernel = GuestFile.Read(_directory["kernel"], "kernel", "KernelPath"),
            Initramfs = GuestFile.Read(_directory["initramfs"], "initramfs", "InitramfsPath"),
        };

        ProcessManagerException failure = Assert.Throws<ProcessManagerException>(() => Open(disk["jails"], files));

        Assert.Contains("No space left", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(disk["jails/firecracker"]));
    }

    [Fact]
    public void Jails_in_which_nothing_can_be_executed_are_refused()
    {
        using var disk = SmallDisk.Mount(kibibytes: 64, MountFlags.NoExecution);

        ProcessManagerException failure = Assert.Throws<ProcessManagerException>(() => Open(disk["jails"], _files));

        Assert.Equal(ProcessManagerError.SandboxUnavailable, failure.Error);
        Assert.Contains("mounted with noexec", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Jailer.ChrootBaseDirectory", failure.Message, StringComparison.Ordinal);
    }

    private JailedHomes Open() => Open(_directory["jails"], _files);

    private static JailedHomes Open(string jails, BootFiles files) => new(
        new FirecrackerHost { FirecrackerPath = "/usr/bin/firecracker", AsMachineUser = ["/usr/bin/setpriv", "--"], JailerPath = "/usr/bin/jailer", Version = "Firecracker v1.16.1" },
        new JailerOptions { ChrootBaseDirectory = jails, UserIdBase = 700_000 },
        InstanceName.Create(),
        files);

    /// <summary>What the jailer would make.</summary>
    private static string Build(VmmHome home)
    {
        string root = Path.GetDirectoryName(home.ApiSocket)!;
        Directory.CreateDirectory(root);
        return root;
    }

    private static SafeFileHandle Memory(string content)
    {
        SafeFileHandle memory = MemoryFile.Create("template");
        RandomAccess.Write(memory, System.Text.Encoding.UTF8.GetBytes(content), 0);
        return memory;
    }
}
