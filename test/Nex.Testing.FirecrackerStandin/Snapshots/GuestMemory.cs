using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;

namespace Nex.Testing.FirecrackerStandin.Snapshots;

/// <summary>
/// The memory of a guest. That of a guest that was started is a file without a name which QEMU and this process share. That of a copy is
/// the file of the snapshot, of which QEMU has pages of its own where the guest has written.
/// </summary>
internal sealed class GuestMemory : IDisposable
{
    private const int PageSize = 4096;
    private const int ChunkSize = 1 << 20;

    private readonly string? _path;

    private GuestMemory(SafeFileHandle file, long size, bool isShared, string? path)
    {
        File = file;
        Size = size;
        IsShared = isShared;
        _path = path;
    }

    /// <summary>What QEMU maps.</summary>
    internal SafeFileHandle File { get; }

    internal long Size { get; }

    /// <summary>Whether what the guest writes is seen in the file.</summary>
    internal bool IsShared { get; }

    internal static GuestMemory Create(long size)
    {
        SafeFileHandle file = MemoryFile.Create("guest-memory");
        RandomAccess.SetLength(file, size);
        return new GuestMemory(file, size, isShared: true, path: null);
    }

    /// <summary>
    /// The memory of a snapshot. QEMU opens a file for writing even where it maps it privately; where that is not allowed, the copy gets a
    /// copy of the file, and shares nothing with others.
    /// </summary>
    /// <exception cref="InvalidDataException">The file has another length.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    internal static GuestMemory Open(string path, long size)
    {
        SafeFileHandle file = System.IO.File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        try
        {
            long length = RandomAccess.GetLength(file);
            if (length != size)
            {
                throw new InvalidDataException($"The memory file has {length} bytes, and the machine {size}.");
            }

            if (CanWrite(path))
            {
                return new GuestMemory(file, size, isShared: false, path);
            }

            GuestMemory copy = Create(size);
            CopyPages(file, copy.File, 0, size, 0, except: null);
            file.Dispose();
            return new GuestMemory(copy.File, size, isShared: false, path);
        }
        catch (InvalidDataException)
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Writes the memory of a paused guest into a file, without pages of zeros.
    /// </summary>
    /// <param name="processId">Of QEMU.</param>
    /// <param name="onlyChanges">
    /// Whether to leave out what is the same in the snapshot that this is a copy of. For a guest that was started nothing is left out:
    /// Firecracker writes all pages that were ever used then, and these are those without zeros.
    /// </param>
    internal void WriteTo(SafeFileHandle target, int processId, bool onlyChanges)
    {
        RandomAccess.SetLength(target, Size);
        if (IsShared)
        {
            CopyPages(File, target, 0, Size, 0, except: null);
            return;
        }

        using SafeFileHandle process = System.IO.File.OpenHandle($"/proc/{processId}/mem");
        foreach ((long start, long end, long offset) in MappingsOf(processId))
        {
            CopyPages(process, target, start, end - start, offset, onlyChanges ? File : null);
        }
    }

    /// <summary>Whether two paths name the file that this guest's memory is mapped from.</summary>
    internal bool IsFile(string path) => _path is not null && Path.GetFullPath(path) == Path.GetFullPath(_path);

    public void Dispose() => File.Dispose();

    private static bool CanWrite(string path)
    {
        try
        {
            using SafeFileHandle file = System.IO.File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Where QEMU has mapped the file: addresses, and the offset in the file.</summary>
    private List<(long Start, long End, long Offset)> MappingsOf(int processId)
    {
        string link = new FileInfo($"/proc/self/fd/{File.DangerousGetHandle()}").LinkTarget ?? "";
        var mappings = new List<(long Start, long End, long Offset)>();
        foreach (string line in System.IO.File.ReadLines($"/proc/{processId}/maps"))
        {
            string[] fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length == 6 && fields[5] == link)
            {
                string[] range = fields[0].Split('-');
                mappings.Add((Hex(range[0]), Hex(range[1]), Hex(fields[2])));
            }
        }

        return mappings.Sum(mapping => mapping.End - mapping.Start) == Size
            ? mappings
            : throw new InvalidDataException($"QEMU has not mapped {link} once and whole.");
    }

    private static long Hex(string text) => long.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>Copies what is not zero, or not the same in another file at the same place.</summary>
    private static void CopyPages(
        SafeFileHandle source, SafeFileHandle target, long sourceOffset, long length, long targetOffset, SafeFileHandle? except)
    {
        byte[] pages = new byte[ChunkSize], others = new byte[except is null ? 0 : ChunkSize];
        for (long done = 0; done < length; done += ChunkSize)
        {
            int count = (int)Math.Min(ChunkSize, length - done);
            ReadExactly(source, pages.AsSpan(0, count), sourceOffset + done);
            if (except is not null)
            {
                ReadExactly(except, others.AsSpan(0, count), targetOffset + done);
            }

            for (int page = 0; page < count; page += PageSize)
            {
                ReadOnlySpan<byte> content = pages.AsSpan(page, PageSize);
                bool isLeftOut = except is null
                    ? !content.ContainsAnyExcept((byte)0)
                    : content.SequenceEqual(others.AsSpan(page, PageSize));
                if (!isLeftOut)
                {
                    RandomAccess.Write(target, content, targetOffset + done + page);
                }
            }
        }
    }

    private static void ReadExactly(SafeFileHandle file, Span<byte> bytes, long offset)
    {
        for (int read = 0; read < bytes.Length;)
        {
            int count = RandomAccess.Read(file, bytes[read..], offset + read);
            read += count > 0 ? count : throw new EndOfStreamException("The memory ended early.");
        }
    }
}
