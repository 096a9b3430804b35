using System.Text;
using Nex.Testing.Files;
using Nex.Testing.FirecrackerStandin.Machine;

namespace Nex.Testing.FirecrackerStandin.Tests.Support;

/// <summary>What a guest of these tests starts from.</summary>
internal static class KernelFiles
{
    private static readonly string Directory = Path.Combine(FindRoot(), "artifacts", "guest", "kernel");

    internal static string Kernel { get; } = Path.Combine(Directory, "vmlinux");

    internal static string Modules { get; } = Path.Combine(Directory, "modules");

    /// <summary>Leaves the test out where guests cannot be started.</summary>
    internal static void Require()
    {
        Assert.SkipUnless(File.Exists(Kernel), $"The kernel for guests is not there: {Kernel}.");
        string[] path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        Assert.SkipUnless(
            path.Any(directory => File.Exists(Path.Combine(directory, "qemu-system-x86_64"))), "QEMU is not installed (qemu-system-x86).");
    }

    /// <summary>Writes an initrd with the program of ../Guest as its first.</summary>
    internal static string WriteInitrd(TempDirectory directory)
    {
        string path = directory["initrd"];
        using FileStream stream = File.Create(path);
        var archive = new CpioWriter(stream);
        archive.AddDirectory("dev", 0b111_101_101);
        archive.AddCharacterDevice("dev/console", 0b110_000_000, major: 5, minor: 1);
        archive.AddFile("init", 0b111_101_101, File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "test-init")));
        AddModules(archive, "virtio_blk", "vmw_vsock_virtio_transport");
        archive.Finish();
        return path;
    }

    /// <summary>Where and how an image of Nex has them.</summary>
    private static void AddModules(CpioWriter archive, params IReadOnlyList<string> names)
    {
        const string directory = "lib/nex/modules";
        foreach (string above in new[] { "lib", "lib/nex", directory })
        {
            archive.AddDirectory(above, 0b111_101_101);
        }

        archive.AddFile($"{directory}/load-order", 0b110_100_100, Encoding.ASCII.GetBytes(string.Concat(names.Select(name => $"{name} virtio_ring virtio\n"))));
        foreach (string name in names)
        {
            archive.AddFile($"{directory}/{name}.ko", 0b110_100_100, File.ReadAllBytes(Path.Combine(Modules, $"{name}.ko")));
        }
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Nex.slnx")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName
            ?? throw new InvalidOperationException(
                $"No directory above {AppContext.BaseDirectory} holds Nex.slnx: run these tests from where they were built.");
    }
}
