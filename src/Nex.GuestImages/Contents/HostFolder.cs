namespace Nex.GuestImages.Contents;

/// <summary>
/// Takes a folder of the host into an image. Symbolic links stay links and are never followed. Owners, times and extended attributes are left
/// behind, set-user-id and set-group-id bits too; a file with several names becomes several files. What something is mounted over in the guest
/// stays empty.
/// </summary>
internal static class HostFolder
{
    private const UnixFileMode Permissions = GuestNode.ProgramMode | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <exception cref="GuestImageException">The folder cannot be read, or holds what an image cannot.</exception>
    internal static void AddTo(GuestTree tree, string folder, CancellationToken cancellation)
    {
        var root = new DirectoryInfo(Path.GetFullPath(folder));
        if (!root.Exists)
        {
            throw new GuestImageException(
                GuestImageError.Unreadable, $"{folder} is no directory that can be read. Name the folder to put into the image.");
        }

        try
        {
            AddContents(tree, root, "/", cancellation);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new GuestImageException(
                GuestImageError.Unreadable,
                $"The folder {folder} cannot be read: {failure.Message} Check that you may read everything in it.",
                failure);
        }
    }

    private static void AddContents(GuestTree tree, DirectoryInfo directory, string path, CancellationToken cancellation)
    {
        var options = new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };
        foreach (FileSystemInfo entry in directory.EnumerateFileSystemInfos("*", options))
        {
            cancellation.ThrowIfCancellationRequested();
            if (entry.Name.Contains('\ufffd', StringComparison.Ordinal))
            {
                throw new GuestImageException(
                    GuestImageError.InvalidPath, $"{entry.FullName} has a name that is no UTF-8. Rename it, or leave it out of the folder.");
            }

            string entryPath = GuestPath.Parse(GuestPath.Combine(path, entry.Name));
            tree.Add(entryPath, ToNode(entry));
            // Devices and sockets, which an image cannot hold, are mostly there.
            if (entry is DirectoryInfo { LinkTarget: null } inner && !GuestLayout.Mounts.Contains(entryPath))
            {
                AddContents(tree, inner, entryPath, cancellation);
            }
        }
    }

    private static GuestNode ToNode(FileSystemInfo entry)
    {
        if (entry.LinkTarget is { } target)
        {
            return new SymbolicLinkNode(target);
        }

        return entry is FileInfo
            ? new FileNode(entry.UnixFileMode & Permissions, new HostFileContent(entry.FullName))
            : new DirectoryNode(entry.UnixFileMode & (Permissions | UnixFileMode.StickyBit));
    }
}
