using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Nex.GuestImages.Tests.Support;

/// <summary>Makes ELF files that say what a test wants and can do nothing.</summary>
internal static class TestElf
{
    private const int HeaderSize = 64;
    private const int SectionHeaderSize = 64;
    private const int MachineAt = 18;

    private static readonly ushort ThisMachine = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? (ushort)183 : (ushort)62;

    /// <summary>A kernel module with facts such as `depends=a,b`.</summary>
    internal static byte[] Module(params string[] facts)
    {
        byte[] modinfo = Encoding.UTF8.GetBytes(string.Concat(facts.Select(fact => fact + "\0")));
        byte[] names = Encoding.UTF8.GetBytes("\0.shstrtab\0.modinfo\0");
        byte[] file = new byte[HeaderSize + names.Length + modinfo.Length + (3 * SectionHeaderSize)];
        names.CopyTo(file, HeaderSize);
        modinfo.CopyTo(file, HeaderSize + names.Length);

        int table = HeaderSize + names.Length + modinfo.Length;
        WriteHeader(file);
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(40), table);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(60), 3);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(62), 1);
        WriteSection(file.AsSpan(table + SectionHeaderSize), 1, HeaderSize, names.Length);
        WriteSection(file.AsSpan(table + (2 * SectionHeaderSize)), 11, HeaderSize + names.Length, modinfo.Length);
        return file;
    }

    /// <summary>A file that begins like an ELF program and has so many bytes.</summary>
    internal static byte[] Plain(int size)
    {
        byte[] file = new byte[size];
        WriteHeader(file);
        return file;
    }

    /// <summary>The same, for a kind of processor that no machine has.</summary>
    internal static byte[] Foreign()
    {
        byte[] file = Plain(1000);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(MachineAt), 0xfff0);
        return file;
    }

    /// <summary>The same, with bytes that cannot be compressed.</summary>
    internal static byte[] Random(int size)
    {
        byte[] file = Plain(size);
        new Random(1).NextBytes(file.AsSpan(HeaderSize));
        return file;
    }

    private static void WriteHeader(byte[] file)
    {
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(16), 1);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(MachineAt), ThisMachine);
    }

    private static void WriteSection(Span<byte> header, int name, int offset, int size)
    {
        BinaryPrimitives.WriteInt32LittleEndian(header, name);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], offset);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], size);
    }
}
