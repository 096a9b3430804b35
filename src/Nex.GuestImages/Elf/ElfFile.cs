using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Nex.GuestImages.Elf;

/// <summary>
/// What a program, a library or a kernel module says about itself. The file is only read, never run, and nothing in it is trusted: every
/// offset and length is checked against the file.
/// </summary>
internal sealed class ElfFile
{
    private const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const int DynamicEntrySize = 16;
    private const int MaxInterpreterLength = 4096;

    private const uint LoadSegment = 1;
    private const uint DynamicSegment = 2;
    private const uint InterpreterSegment = 3;

    private const long NeededTag = 1;
    private const long StringTableTag = 5;
    private const long StringTableSizeTag = 10;
    private const long RPathTag = 15;
    private const long RunPathTag = 29;

    private readonly ElfSource _source;
    private readonly List<Segment> _segments;

    private ElfFile(ElfSource source, ReadOnlySpan<byte> header)
    {
        _source = source;
        Machine = BinaryPrimitives.ReadUInt16LittleEndian(header[18..]);
        _segments = ReadSegments(header);
        Interpreter = ReadInterpreter();
        ReadDynamicSection();
    }

    /// <summary>The number of the kind of processor that the file is for.</summary>
    internal ushort Machine { get; }

    /// <summary>Whether this machine's own programs are of that kind.</summary>
    internal bool IsForThisMachine => Machine == RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => 62,
        Architecture.Arm64 => 183,
        _ => -1,
    };

    /// <summary>The dynamic loader that the kernel starts with the program; null where it needs none.</summary>
    internal string? Interpreter { get; }

    /// <summary>The names of the libraries that it needs itself, in its own order.</summary>
    internal IReadOnlyList<string> Needed { get; private set; } = [];

    /// <summary>The directories to look for them first, as they stand in the file, with $ORIGIN.</summary>
    internal IReadOnlyList<string> SearchPath { get; private set; } = [];

    /// <summary>Whether the search path holds for this file alone, and not for the libraries of its libraries.</summary>
    internal bool HasRunPath { get; private set; }

    /// <summary>Reads a file; null when it is no ELF file, or one for 32 bits or the other byte order.</summary>
    /// <exception cref="GuestImageException">It is one, but damaged.</exception>
    internal static ElfFile? Read(string path)
    {
        using var source = new ElfSource(path);
        Span<byte> header = stackalloc byte[HeaderSize];
        return source.TryRead(0, header) && IsElf(header) ? new ElfFile(source, header) : null;
    }

    /// <summary>Whether these are the first bytes of a 64-bit little-endian ELF file.</summary>
    internal static bool IsElf(ReadOnlySpan<byte> header) => header.StartsWith("\u007fELF\u0002\u0001"u8);

    private List<Segment> ReadSegments(ReadOnlySpan<byte> header)
    {
        long offset = BinaryPrimitives.ReadInt64LittleEndian(header[32..]);
        int size = BinaryPrimitives.ReadUInt16LittleEndian(header[54..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header[56..]);
        if (count == 0)
        {
            return [];
        }

        if (size != ProgramHeaderSize)
        {
            throw _source.Damaged($"its program headers are {size} bytes long and not {ProgramHeaderSize}");
        }

        byte[] table = _source.Read(offset, count * ProgramHeaderSize);
        var segments = new List<Segment>(count);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = table.AsSpan(i * ProgramHeaderSize, ProgramHeaderSize);
            segments.Add(new Segment(
                BinaryPrimitives.ReadUInt32LittleEndian(entry),
                BinaryPrimitives.ReadInt64LittleEndian(entry[8..]),
                BinaryPrimitives.ReadInt64LittleEndian(entry[16..]),
                BinaryPrimitives.ReadInt64LittleEndian(entry[32..])));
        }

        return segments;
    }

    private string? ReadInterpreter()
    {
        foreach (Segment segment in _segments)
        {
            if (segment.Type == InterpreterSegment)
            {
                return segment.Size is > 1 and <= MaxInterpreterLength
                    ? _source.ReadString(segment.Offset, segment.Size)
                    : throw _source.Damaged("the path of its dynamic loader has no sensible length");
            }
        }

        return null;
    }

    private void ReadDynamicSection()
    {
        int index = _segments.FindIndex(segment => segment.Type == DynamicSegment);
        if (index < 0)
        {
            return;
        }

        List<(long Tag, long Value)> entries = ReadDynamicEntries(_segments[index]);
        long address = Value(StringTableTag);
        long size = Value(StringTableSizeTag);
        string StringAt(long offset) => offset >= 0 && offset < size
            ? _source.ReadString(FileOffset(address) + offset, size - offset)
            : throw _source.Damaged("a name of its dynamic section is outside of the table of names");

        Needed = [.. entries.Where(entry => entry.Tag == NeededTag).Select(entry => StringAt(entry.Value))];

        // The loader ignores the older of the two where the newer is there.
        HasRunPath = entries.Exists(entry => entry.Tag == RunPathTag);
        long path = HasRunPath ? RunPathTag : RPathTag;
        SearchPath = [.. entries.Where(entry => entry.Tag == path)
            .SelectMany(entry => StringAt(entry.Value).Split(':', StringSplitOptions.RemoveEmptyEntries))];

        long Value(long tag) => entries.Find(entry => entry.Tag == tag).Value;
    }

    private List<(long Tag, long Value)> ReadDynamicEntries(Segment segment)
    {
        byte[] table = _source.Read(segment.Offset, segment.Size);
        var entries = new List<(long, long)>();
        for (int at = 0; at + DynamicEntrySize <= table.Length; at += DynamicEntrySize)
        {
            long tag = BinaryPrimitives.ReadInt64LittleEndian(table.AsSpan(at));
            if (tag == 0)
            {
                break;
            }

            entries.Add((tag, BinaryPrimitives.ReadInt64LittleEndian(table.AsSpan(at + 8))));
        }

        return entries;
    }

    // The dynamic section tells where things are in memory.
    private long FileOffset(long address)
    {
        foreach (Segment segment in _segments)
        {
            if (segment.Type == LoadSegment && address >= segment.Address && address - segment.Address < segment.Size)
            {
                return address - segment.Address + segment.Offset;
            }
        }

        throw _source.Damaged("the names of its dynamic section are in no segment");
    }

    private readonly record struct Segment(uint Type, long Offset, long Address, long Size);
}
