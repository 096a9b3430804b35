using System.Formats.Tar;

namespace Nex.GuestImages.Contents;

/// <summary>
/// Takes a folder of the host into an image. Symbolic links stay links and are never followed. Owners, times and extended attributes are left
/// behind, set-user-id and set-group-id bits too; a file with several names becomes several files.
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
            if (entry is DirectoryInfo { LinkTarget: null } inner)
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

        if (entry is FileInfo file)
        {
            RefuseSpecialFile(file);
            return new FileNode(entry.UnixFileMode & Permissions, new HostFileContent(entry.FullName));
        }

        return new DirectoryNode(entry.UnixFileMode & (Permissions | UnixFileMode.StickyBit));
    }

    // To open a pipe would wait for its other end, and to open a device may do anything. Nothing else in .NET tells them from files without
    // opening them; all of them are empty, so that only empty files are looked at here.
    private static void RefuseSpecialFile(FileInfo file)
    {
        if (file.Length > 0)
        {
            return;
        }

        TarEntryType? type = ReadType(file);
        if (type != TarEntryType.RegularFile)
        {
            throw new GuestImageException(
                GuestImageError.UnsupportedFile,
                $"{file.FullName} is {(type is { } known ? $"a {known}" : "a socket")}, which an image cannot hold. Remove it from the folder.");
        }
    }

    private static TarEntryType? ReadType(FileInfo file)
    {
        using var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, leaveOpen: true))
        {
            try
            {
                writer.WriteEntry(file.FullName, "entry");
            }
            catch (IOException) when (File.Exists(file.FullName))
            {
                return null;
            }
        }

        archive.Position = 0;
        using var reader = new TarReader(archive);
        return reader.GetNextEntry()?.EntryType;
    }
}
