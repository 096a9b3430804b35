using Nex.GuestImages;

namespace Nex.Cli.Commands.Nodes;

/// <summary>Makes what microVMs are started from, in the directory where a node looks for it by default.</summary>
internal static class GuestInstallation
{
    private const string KernelDirectory = "kernel";

    /// <returns>What was made, one line each.</returns>
    /// <exception cref="GuestImageException">It cannot be made; the message says why.</exception>
    internal static async Task<IReadOnlyList<string>> MakeAsync(string resources, string agent, CancellationToken cancellation)
    {
        GuestKernel kernel = await GuestKernel
            .UnpackAsync(new GuestKernelOptions { Directory = Path.Combine(resources, KernelDirectory) }, cancellation).ConfigureAwait(false);
        Link(Path.Combine(resources, "vmlinux"), kernel.Image);
        Link(Path.Combine(resources, "vmlinuz"), kernel.CompressedImage);
        GuestImage image = await GuestImageBuilder.BuildAsync(
            new GuestImageOptions { Output = Path.Combine(resources, "initramfs"), Agent = agent, Kernel = kernel }, cancellation).ConfigureAwait(false);
        return [$"{kernel.Directory}: Linux {kernel.Release}", $"{image.Path}: {image.Entries.Count} entries, {image.Size} bytes"];
    }

    private static void Link(string path, string target)
    {
        string relative = Path.Combine(KernelDirectory, Path.GetFileName(target));
        var link = new FileInfo(path);
        if (link.LinkTarget == relative)
        {
            return;
        }

        // Somebody's own kernel stays where it is.
        if (!link.Exists && link.LinkTarget is null)
        {
            _ = File.CreateSymbolicLink(path, relative);
        }
    }
}
