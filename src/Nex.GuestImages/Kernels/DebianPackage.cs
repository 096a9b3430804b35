using System.Formats.Tar;
using System.Globalization;
using System.Text;
using Nex.GuestImages.Compression;

namespace Nex.GuestImages.Kernels;

/// <summary>Reads the files of a Debian package: an `ar` archive, which holds a compressed `tar` archive of them.</summary>
internal static class DebianPackage
{
    private const int HeaderSize = 60;
    private const string DataMember = "data.tar";

    /// <summary>
    /// Gives each regular file to a caller: its path, without a slash or dot before it, and its bytes, to be read at once. Blocks: the
    /// decompression, which takes all the time, is several times slower when it is asynchronous.
    /// </summary>
    /// <exception cref="GuestImageException">The file cannot be read, is no Debian package, or is damaged.</exception>
    internal static void Read(string path, Action<string, Stream> read, CancellationToken cancellation)
    {
        using var file = new FileStream(HostFiles.OpenRead(path), FileAccess.Read);
        try
        {
            using Stream data = OpenData(path, file);
            using var archive = new TarReader(data);
            while (archive.GetNextEntry() is { } entry)
            {
                cancellation.ThrowIfCancellationRequested();
                if (entry is { EntryType: TarEntryType.RegularFile or TarEntryType.V7RegularFile, DataStream: { } content })
                {
                    read(entry.Name.TrimStart('.').TrimStart('/'), content);
                }
            }

            // The checksum of it all stands behind the end of the archive, and is looked at only by who reads that far.
            data.CopyTo(Stream.Null);
        }
        catch (Exception failure) when (Decompressor.IsAboutData(failure))
        {
            throw Damaged(path, failure.Message, failure);
        }
    }

    private static Stream OpenData(string path, FileStream file)
    {
        byte[] start = new byte[8];
        if (file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) < start.Length || !start.AsSpan().SequenceEqual("!<arch>\n"u8))
        {
            throw new GuestImageException(
                GuestImageError.NotAKernelPackage,
                $"{path} is no Debian package. Name a file like linux-image-6.1.0-1-cloud-amd64_6.1.1-1_amd64.deb.");
        }

        (string name, long size) = FindData(path, file);
        if (file.Length - file.Position < size)
        {
            throw Damaged(path, $"{name} should have {size} bytes, and {file.Length - file.Position} are there", null);
        }

        return name == DataMember
            ? new SubStream(file, size)
            : Decompressor.TryOpen(new SubStream(file, size)) ?? throw new GuestImageException(
                GuestImageError.UnknownCompression,
                $"{path} holds {name}, which is compressed in a way that is not understood. Known are gzip, xz and zstd.");
    }

    // The members stand one after the other, each behind a header in text, at even places.
    private static (string Name, long Size) FindData(string path, FileStream file)
    {
        byte[] header = new byte[HeaderSize];
        while (file.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false) == HeaderSize)
        {
            string name = Encoding.ASCII.GetString(header, 0, 16).TrimEnd(' ', '/');
            if (!long.TryParse(Encoding.ASCII.GetString(header, 48, 10), NumberStyles.AllowTrailingWhite, null, out long size))
            {
                throw Damaged(path, "a header of its archive has no size", null);
            }

            if (name.StartsWith(DataMember, StringComparison.Ordinal))
            {
                return (name, size);
            }

            file.Position += size + (size % 2);
        }

        throw Damaged(path, $"it has no {DataMember}", null);
    }

    private static GuestImageException Damaged(string path, string what, Exception? failure) => new(
        GuestImageError.Damaged, $"The package {path} is damaged: {what.TrimEnd('.')}. Fetch it again.", failure);
}
