using Nex.GuestImages.Contents;
using Nex.GuestImages.Kernels;

namespace Nex.GuestImages;

/// <summary>A kernel, unpacked into a directory: what a virtual machine monitor boots, and the modules for the guest.</summary>
public sealed record GuestKernel
{
    internal GuestKernel()
    {
    }

    /// <summary>The absolute path of the directory.</summary>
    public required string Directory { get; init; }

    /// <summary>What the kernel calls itself, such as `6.1.0-56-cloud-amd64`.</summary>
    public required string Release { get; init; }

    /// <summary>The kernel as it is distributed (bzImage), which QEMU boots.</summary>
    public string CompressedImage => Path.Combine(Directory, KernelDirectory.CompressedImage);

    /// <summary>The kernel as an uncompressed ELF file, which Firecracker boots.</summary>
    public string Image => Path.Combine(Directory, KernelDirectory.Image);

    /// <summary>The configuration that it was built with.</summary>
    public string Configuration => Path.Combine(Directory, KernelDirectory.Configuration);

    /// <summary>The directory with the modules, uncompressed, and with the file `load-order`.</summary>
    public string ModulesDirectory => Path.Combine(Directory, KernelDirectory.Modules);

    /// <summary>The names of the modules, sorted. Those that are built into the kernel are not among them.</summary>
    public required IReadOnlyList<string> Modules { get; init; }

    /// <summary>The wanted modules that this kernel neither has nor has built in.</summary>
    public required IReadOnlyList<string> MissingModules { get; init; }

    /// <summary>Opens a directory that was unpacked before.</summary>
    /// <exception cref="GuestImageException">It holds no kernel, or not a whole one.</exception>
    public static GuestKernel Open(string directory) => KernelDirectory.Open(directory);

    /// <summary>
    /// Unpacks a kernel, and fetches it first where no file is given. The directory appears whole or not at all. Where it holds that kernel
    /// already, nothing is done, and the network is not needed.
    /// </summary>
    /// <remarks>
    /// Safe to call at the same time for the same directory, from several processes too: the first to finish wins. Another kernel takes the place
    /// of the one that is there; files of the old one that are open stay readable.
    /// </remarks>
    /// <exception cref="GuestImageException">It could not be fetched or unpacked.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled. What was there before is still there.</exception>
    public static Task<GuestKernel> UnpackAsync(GuestKernelOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return KernelUnpacker.UnpackAsync(options, cancellationToken);
    }

    internal void AddModulesTo(GuestTree tree)
    {
        foreach (string name in Modules.Select(module => module + ModuleDependencies.FileExtension).Append(ModuleDependencies.LoadOrderFile))
        {
            tree.Add(
                GuestPath.Combine(GuestLayout.Modules, name),
                new FileNode(GuestNode.DataMode, new HostFileContent(Path.Combine(ModulesDirectory, name))));
        }
    }
}
