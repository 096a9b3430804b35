using Nex.ProcessManager.Configuration;

namespace Nex.Testing.Files;

/// <summary>The kernel and the image that <c>./build.sh</c> puts into <c>artifacts/guest</c> for machines.</summary>
internal static class GuestFiles
{
    private static readonly string Root = Find();

    internal static string Kernel => Path.Combine(Root, "kernel/vmlinuz");

    /// <summary>The kernel as Firecracker wants it.</summary>
    internal static string UncompressedKernel => Path.Combine(Root, "kernel/vmlinux");

    internal static string Initramfs => Path.Combine(Root, "initramfs");

    /// <summary>A disk of squashfs with the same content.</summary>
    internal static string RootDisk => Path.Combine(Root, "root.squashfs");

    /// <summary>Machines of the kernel and the image, whose template is made once for all tests.</summary>
    internal static MicroVmOptions Machines => new()
    {
        KernelPath = Kernel,
        InitramfsPath = Initramfs,
        TemplateDirectory = Path.Combine(Root, "templates"),
        BootTimeout = TimeSpan.FromMinutes(2),
    };

    private static string Find()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Nex.slnx")))
        {
            directory = directory.Parent;
        }

        return Path.Combine(directory?.FullName ?? "/", "artifacts/guest");
    }
}
