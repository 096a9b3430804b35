using System.Formats.Tar;
using Microsoft.Win32.SafeHandles;

namespace Nex.GuestImages;

/// <summary>Files of the host, opened such that a failure says which file and what to do.</summary>
internal static class HostFiles
{
    /// <exception cref="GuestImageException">The file cannot be read, or is a device, a named pipe or a socket.</exception>
    internal static SafeFileHandle OpenRead(string path)
    {
        try
        {
            RefuseSpecialFile(path);
            return File.OpenHandle(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new GuestImageException(
                GuestImageError.Unreadable,
                $"{path} cannot be read: {Reason(failure)} Check the path, and that you may read it.",
                failure);
        }
    }

    // To open a pipe would wait for its other end, and to open a device may do anything. Nothing else in .NET tells them from files without
    // opening them; all of them are empty, so that only empty files are looked at here.
    private static void RefuseSpecialFile(string path)
    {
        FileSystemInfo file = File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path);
        if (file is not FileInfo { Exists: true, Length: 0 })
        {
            return;
        }

        TarEntryType? type = ReadType(file.FullName);
        if (type != TarEntryType.RegularFile)
        {
            throw new GuestImageException(
                GuestImageError.UnsupportedFile,
                $"{path} is {(type is { } known ? $"a {known}" : "a socket")}, and no file that an image can hold. Leave it out.");
        }
    }

    private static TarEntryType? ReadType(string path)
    {
        using var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, TarEntryFormat.Gnu, leaveOpen: true))
        {
            try
            {
                writer.WriteEntry(path, "entry");
            }
            catch (IOException) when (File.Exists(path))
            {
                // The one kind of file that an archive cannot hold.
                return null;
            }
        }

        archive.Position = 0;
        using var reader = new TarReader(archive);
        return reader.GetNextEntry()?.EntryType;
    }

    // Why, without the path, which the message that it becomes part of has already.
    private static string Reason(Exception failure) => failure switch
    {
        FileNotFoundException or DirectoryNotFoundException => "it does not exist.",
        UnauthorizedAccessException => "access to it is denied, or it is a directory.",
        _ => failure.Message,
    };
}
