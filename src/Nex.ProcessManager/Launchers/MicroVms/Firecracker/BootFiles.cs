using System.Runtime.InteropServices;
using Nex.ProcessManager.Configuration;

namespace Nex.ProcessManager.Launchers.MicroVms.Firecracker;

/// <summary>What machines are booted from.</summary>
internal sealed record BootFiles : IDisposable
{
    internal required GuestFile Kernel { get; init; }

    internal required GuestFile Initramfs { get; init; }

    internal RootDisk? Disk { get; init; }

    /// <param name="asOther">Whether Firecracker opens the disk itself, as another user.</param>
    /// <exception cref="ProcessManagerException">A file cannot be read, or is not what Firecracker boots.</exception>
    internal static BootFiles Open(MicroVmOptions options, bool asOther)
    {
        GuestFile? kernel = null, initramfs = null;
        try
        {
            kernel = GuestFile.Read(options.KernelPath, "kernel", nameof(MicroVmOptions.KernelPath));
            CheckKernel(kernel, options.KernelPath);
            initramfs = GuestFile.Read(options.InitramfsPath, "initramfs", nameof(MicroVmOptions.InitramfsPath));
            RootDisk? disk = options.RootDiskPath is { } path ? OpenDisk(path, asOther) : null;
            return new BootFiles { Kernel = kernel, Initramfs = initramfs, Disk = disk };
        }
        catch
        {
            kernel?.Dispose();
            initramfs?.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Kernel.Dispose();
        Initramfs.Dispose();
        Disk?.Dispose();
    }

    private static RootDisk OpenDisk(string path, bool asOther)
    {
        var disk = RootDisk.Open(path);
        if (asOther && (File.GetUnixFileMode(path) & UnixFileMode.OtherRead) == 0)
        {
            disk.Dispose();
            throw new ProcessManagerException(
                ProcessManagerError.StartFailed, $"The root disk {path} cannot be read by the user that Firecracker runs as: make it readable with chmod o+r.");
        }

        return disk;
    }

    private static void CheckKernel(GuestFile kernel, string path)
    {
        Span<byte> magic = stackalloc byte[4];
        // On arm64 it is another format, and Firecracker says what it misses.
        if (RuntimeInformation.ProcessArchitecture == Architecture.X64
            && (RandomAccess.Read(kernel.Handle, magic, 0) != 4 || !magic.SequenceEqual("\u007FELF"u8)))
        {
            throw new ProcessManagerException(
                ProcessManagerError.StartFailed,
                $"The kernel {path} is not uncompressed, and Firecracker boots no other: set the option {nameof(MicroVmOptions.KernelPath)} to a vmlinux, which nex kernel unpacks.");
        }
    }
}
