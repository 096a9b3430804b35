using System.Buffers.Binary;

namespace Nex.GuestImages.Elf;

/// <summary>Reads how a file is loaded. Nothing in it is trusted: every offset and length is checked against the file.</summary>
internal sealed class ElfLoadInfoReader
{
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
    private readonly ushort _machine;
    private readonly List<Segment> _segments;

    internal ElfLoadInfoReader(ElfSource source, ReadOnlySpan<byte> header)
    {
        _source = source;
        _machine = BinaryPrimitives.ReadUInt16LittleEndian(header[18..]);
        _segments = ReadSegments(header);
    }

    internal ElfFile Read()
    {
        int index = _segments.FindIndex(segment => segment.Type == DynamicSegment);
        List<(long Tag, long Value)> entries = index < 0 ? [] : ReadDynamicEntries(_segments[index]);
        long address = Value(StringTableTag);
        long size = Value(StringTableSizeTag);
        string StringAt(long offset) => offset >= 0 && offset < size
            ? _source.ReadString(FileOffset(address) + offset, size - offset)
            : throw _source.Damaged("a name of its dynamic section is outside of the table of names");

        // The loader ignores the older of the two where the newer is there.
        bool hasRunPath = entries.Exists(entry => entry.Tag == RunPathTag);
        return new ElfFile
        {
            Machine = _machine,
            Interpreter = ReadInterpreter(),
            Needed = [.. Strings(NeededTag)],
            SearchPath = [.. Strings(hasRunPath ? RunPathTag : RPathTag)
                .SelectMany(path => path.Split(':', StringSplitOptions.RemoveEmptyEntries))],
            HasRunPath = hasRunPath,
        };

        IEnumerable<string> Strings(long tag) => entries.Where(entry => entry.Tag == tag).Select(entry => StringAt(entry.Value));

        long Value(long tag) => entries.Find(entry => entry.Tag == tag).Value;
    }

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
