using Nex.Linux.Machine;

namespace Nex.Agent.Guests;

/// <summary>
/// A disk as the root of the guest. Machines share it, so it is only read; what this one writes goes into memory, in a layer above it.
/// </summary>
internal static class RootDisk
{
    private const string Base = "/mnt/disk";
    private const string Layer = "/mnt/layer";
    private const string Root = "/mnt/root";

    /// <param name="disk">Its file system and its device, <c>squashfs:/dev/vda</c>.</param>
    internal static void Use(string disk, KernelModules modules)
    {
        (string type, string device) = disk.Split(':') is [var first, var second]
            ? (first, second)
            : throw new IOException($"nex.root={disk} on the command line of the kernel is not TYPE:DEVICE.");
        modules.Load("virtio_mmio", "virtio_blk", type, "overlay");
        FileSystems.Mount(device, Base, type, MountFlags.ReadOnly | MountFlags.NoDevices | MountFlags.NoSetUserId);
        FileSystems.Mount("layer", Layer, "tmpfs", MountFlags.NoDevices | MountFlags.NoSetUserId);
        Directory.CreateDirectory(Path.Combine(Layer, "upper"));
        Directory.CreateDirectory(Path.Combine(Layer, "work"));
        FileSystems.Mount("root", Root, "overlay", MountFlags.None, $"lowerdir={Base},upperdir={Layer}/upper,workdir={Layer}/work");
        FileSystems.MakeRoot(Root);
    }
}
