using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Nex.GuestImages.Elf;

/// <summary>Reads pieces of an ELF file, each checked against the length of the file.</summary>
internal sealed class ElfSource : IDisposable
{
    // No table of names or headers that is read here comes near it; a file that asks for more is damaged.
    private const int MaxPiece = 64 * 1024 * 1024;

    private readonly string _path;
    private readonly SafeFileHandle _file;

    internal ElfSource(string path)
    {
        _path = path;
        _file = HostFiles.OpenRead(path);
        Length = RandomAccess.GetLength(_file);
    }

    internal long Length { get; }

    /// <summary>Reads a piece at a fixed place; false when the file ends before.</summary>
    internal bool TryRead(long offset, Span<byte> piece)
    {
        while (piece.Length > 0)
        {
            int read = RandomAccess.Read(_file, piece, offset);
            if (read == 0)
            {
                return false;
            }

            piece = piece[read..];
            offset += read;
        }

        return true;
    }

    internal byte[] Read(long offset, long size)
    {
        if (offset < 0 || size is < 0 or > MaxPiece || offset > Length - size)
        {
            throw Damaged($"it names {size} bytes at {offset}, but has {Length}");
        }

        byte[] piece = new byte[size];
        return TryRead(offset, piece) ? piece : throw Damaged("it became shorter while it was read");
    }

    /// <summary>Reads text up to its null byte, which must be there within the given number of bytes.</summary>
    internal string ReadString(long offset, long maxSize)
    {
        const int step = 256;
        for (long size = Math.Min(step, maxSize); ; size = Math.Min(size * 2, maxSize))
        {
            byte[] piece = Read(offset, Math.Min(size, Math.Max(0, Length - offset)));
            int end = Array.IndexOf(piece, (byte)0);
            if (end >= 0)
            {
                return Encoding.UTF8.GetString(piece, 0, end);
            }

            if (size >= maxSize || piece.Length < size)
            {
                throw Damaged("a name in it has no end");
            }
        }
    }

    internal GuestImageException Damaged(string what) =>
        new(GuestImageError.Damaged, $"{_path} is a damaged ELF file: {what}. Put a good copy in its place.");

    public void Dispose() => _file.Dispose();
}
