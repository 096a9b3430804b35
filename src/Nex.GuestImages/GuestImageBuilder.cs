using System.Security.Cryptography;
using Nex.GuestImages.Contents;
using Nex.GuestImages.Elf;
using Nex.GuestImages.Formats;
using Nex.GuestImages.Output;

namespace Nex.GuestImages;

/// <summary>
/// Builds the image that a microVM starts from. Needs no privilege and mounts nothing. The same inputs make the same bytes, whenever, wherever and
/// by whomever they are built. Nothing that goes into an image is run.
/// </summary>
/// <remarks>Safe to use from any thread, and to use at the same time for different outputs or the same one.</remarks>
public static class GuestImageBuilder
{
    /// <summary>Builds an image, and returns when its file is whole.</summary>
    /// <exception cref="GuestImageException">It could not be built. What was at the output before is still there.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled. What was at the output before is still there.</exception>
    public static async Task<GuestImage> BuildAsync(GuestImageOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        IImageWriter writer = CreateWriter(options);

        // Reading the inputs blocks, and libraries are many small reads.
        GuestTree tree = await Task.Run(() => CollectContents(options, cancellationToken), cancellationToken).ConfigureAwait(false);
        string path = Path.GetFullPath(options.Output);
        (long size, string sha256) = await AtomicFile.WriteAsync(
            path,
            unfinished => writer.WriteAsync(tree, unfinished, cancellationToken),
            unfinished => MeasureAsync(unfinished, cancellationToken)).ConfigureAwait(false);

        return new GuestImage
        {
            Path = path,
            Format = options.Format,
            Size = size,
            Sha256 = sha256,
            Entries = [.. tree.Nodes.Select(node => Describe(node.Key, node.Value))],
        };
    }

    private static IImageWriter CreateWriter(GuestImageOptions options) => options.Format switch
    {
        GuestImageFormat.Initramfs => new InitramfsWriter(options.Compression),
        GuestImageFormat.Ext4 => new Ext4Writer(options.SizeMiB),
        GuestImageFormat.Squashfs => new SquashfsWriter(),
        _ => throw new ArgumentOutOfRangeException(nameof(options), options.Format, "There is no such format of images."),
    };

    // What the user gives comes first: its symbolic links lead the rest, and its files go before those that are there by default.
    private static GuestTree CollectContents(GuestImageOptions options, CancellationToken cancellation)
    {
        var tree = new GuestTree();
        if (options.Folder is { } folder)
        {
            HostFolder.AddTo(tree, folder, cancellation);
        }

        foreach ((string guestPath, string hostPath) in options.Files)
        {
            AddFile(tree, guestPath, hostPath);
        }

        tree.Add(GuestLayout.Init, new FileNode(GuestNode.ProgramMode, new HostFileContent(RequireProgram(options.Agent))));
        options.Kernel?.AddModulesTo(tree);
        SharedLibraries.AddTo(tree, cancellation);
        StandardFiles.AddTo(tree);
        return tree;
    }

    private static void AddFile(GuestTree tree, string guestPath, string hostPath)
    {
        var content = new HostFileContent(hostPath);
        bool isProgram = (File.GetUnixFileMode(hostPath) & UnixFileMode.UserExecute) != 0;
        tree.Add(GuestPath.Parse(guestPath), new FileNode(isProgram ? GuestNode.ProgramMode : GuestNode.DataMode, content));
    }

    private static string RequireProgram(string agent) => ElfFile.Read(agent) switch
    {
        { IsForThisMachine: true } => agent,
        null => throw new GuestImageException(
            GuestImageError.NotAProgram, $"{agent} cannot be the agent: it is no 64-bit ELF program. Name the native nex-agent."),
        _ => throw new GuestImageException(
            GuestImageError.NotAProgram,
            $"{agent} cannot be the agent: it is for another kind of processor than this machine has. Name a nex-agent that was built for this one."),
    };

    private static async Task<(long Size, string Sha256)> MeasureAsync(string file, CancellationToken cancellation)
    {
        FileStream stream = File.OpenRead(file);
        await using (stream.ConfigureAwait(false))
        {
            byte[] hash = await SHA256.HashDataAsync(stream, cancellation).ConfigureAwait(false);
            return (stream.Length, Convert.ToHexStringLower(hash));
        }
    }

    private static GuestImageEntry Describe(string path, GuestNode node) => new()
    {
        Path = path,
        Mode = node.Mode,
        Kind = node switch
        {
            DirectoryNode => GuestImageEntryKind.Directory,
            SymbolicLinkNode => GuestImageEntryKind.SymbolicLink,
            CharacterDeviceNode => GuestImageEntryKind.CharacterDevice,
            _ => GuestImageEntryKind.File,
        },
        Size = (node as FileNode)?.Content.Length ?? 0,
        Source = (node as FileNode)?.Content.HostPath,
        LinkTarget = (node as SymbolicLinkNode)?.Target,
    };
}
