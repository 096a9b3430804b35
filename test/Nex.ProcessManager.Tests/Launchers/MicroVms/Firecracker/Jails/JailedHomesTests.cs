using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.MicroVms;
using Nex.ProcessManager.Launchers.MicroVms.Firecracker;
using Nex.ProcessManager.Launchers.MicroVms.Firecracker.Jails;
using Nex.ProcessManager.Launchers.MicroVms.Templates;
using Nex.ProcessManager.Launchers.RunDirectories;
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

    private JailedHomes Open() => new(
        new FirecrackerHost { FirecrackerPath = "/usr/bin/firecracker", AsMachineUser = ["/usr/bin/setpriv", "--"], JailerPath = "/usr/bin/jailer", Version = "Firecracker v1.16.1" },
        new JailerOptions { ChrootBaseDirectory = _directory["jails"], UserIdBase = 700_000 },
        InstanceName.Create(),
        _files);

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
