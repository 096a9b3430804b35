using System.Buffers.Binary;
using System.Text;

namespace Nex.GuestImages.Elf;

/// <summary>Reads the section .modinfo of a kernel module: its facts about itself, as `key=value`.</summary>
internal static class ModuleInfo
{
    private const int HeaderSize = 64;
    private const int SectionHeaderSize = 64;

    /// <exception cref="GuestImageException">The file is no kernel module, or damaged.</exception>
    internal static IReadOnlyList<KeyValuePair<string, string>> Read(string path)
    {
        using var source = new ElfSource(path);
        byte[] header = source.Read(0, HeaderSize);
        if (!ElfFile.IsElf(header))
        {
            throw source.Damaged("it has not the first bytes of one");
        }

        return Parse(FindSection(source, header, ".modinfo"));
    }

    /// <summary>Splits facts that stand one after the other, each ended by a null byte.</summary>
    internal static IReadOnlyList<KeyValuePair<string, string>> Parse(ReadOnlySpan<byte> facts)
    {
        var found = new List<KeyValuePair<string, string>>();
        foreach (string fact in Encoding.UTF8.GetString(facts).Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = fact.IndexOf('=');
            if (equals > 0)
            {
                found.Add(new(fact[..equals], fact[(equals + 1)..]));
            }
        }

        return found;
    }

    private static byte[] FindSection(ElfSource source, ReadOnlySpan<byte> header, string name)
    {
        long offset = BinaryPrimitives.ReadInt64LittleEndian(header[40..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header[60..]);
        int nameSection = BinaryPrimitives.ReadUInt16LittleEndian(header[62..]);
        byte[] table = source.Read(offset, (long)count * SectionHeaderSize);
        if (nameSection >= count)
        {
            throw source.Damaged("it has no names of sections");
        }

        (long namesAt, long namesSize) = Location(nameSection);
        for (int i = 0; i < count; i++)
        {
            uint nameAt = BinaryPrimitives.ReadUInt32LittleEndian(table.AsSpan(i * SectionHeaderSize));
            if (nameAt < namesSize && source.ReadString(namesAt + nameAt, namesSize - nameAt) == name)
            {
                (long at, long size) = Location(i);
                return source.Read(at, size);
            }
        }

        throw source.Damaged($"it has no section {name}");

        (long Offset, long Size) Location(int section)
        {
            ReadOnlySpan<byte> entry = table.AsSpan(section * SectionHeaderSize, SectionHeaderSize);
            return (BinaryPrimitives.ReadInt64LittleEndian(entry[24..]), BinaryPrimitives.ReadInt64LittleEndian(entry[32..]));
        }
    }
}
