using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Nex.Protocol.Agents;

namespace Nex.Agent.Providers.Elf;

/// <summary>What the headers of an ELF file say, checked far enough that what the kernel would refuse is refused here, with its reason.</summary>
internal sealed class ElfImage
{
    private const int HeaderBytes = 64;
    private const int ProgramHeaderBytes = 56;
    private const int MaxInterpreterBytes = 4096;
    private const int Executable = 2;
    private const int SharedObject = 3;
    private const uint LoadSegment = 1;
    private const uint InterpreterSegment = 3;

    private ElfImage(string? interpreter) => Interpreter = interpreter;

    /// <summary>The program that loads this one, such as <c>/lib64/ld-linux-x86-64.so.2</c>; null for a static program.</summary>
    internal string? Interpreter { get; }

    /// <exception cref="ProviderException">The file is none that can run on this machine.</exception>
    internal static ElfImage Read(SafeFileHandle file)
    {
        long size = RandomAccess.GetLength(file);
        Span<byte> header = stackalloc byte[HeaderBytes];
        int count = RandomAccess.Read(file, header, 0);
        CheckIdentification(header[..count], size);
        CheckMachine(header);
        return ReadSegments(file, header, size);
    }

    private static void CheckIdentification(ReadOnlySpan<byte> header, long size)
    {
        const int wordSize = 4, byteOrder = 5;
        const byte wide = 2, littleEndian = 1;
        if (size == 0)
        {
            throw Invalid("The artifact is empty.");
        }

        if (!header.StartsWith("\u007fELF"u8))
        {
            string hint = header.StartsWith("#!"u8) ? " It is a script: deploy its interpreter, and give the script as an argument." : "";
            throw Invalid($"The artifact is no ELF file: it begins with {Convert.ToHexStringLower(header[..Math.Min(4, header.Length)])}, not 7f454c46.{hint}");
        }

        if (header.Length < HeaderBytes)
        {
            throw Invalid($"The ELF file is truncated: it has {size} bytes, and its header alone has {HeaderBytes}.");
        }

        if (header[wordSize] != wide)
        {
            throw Invalid("The ELF file is a 32-bit program; only 64-bit programs are run.");
        }

        if (header[byteOrder] != littleEndian)
        {
            throw Invalid("The ELF file is for a big-endian machine; this one is little-endian.");
        }
    }

    private static void CheckMachine(ReadOnlySpan<byte> header)
    {
        const ushort x64 = 62, arm64 = 183;
        ushort wanted = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? arm64 : x64;
        ushort machine = BinaryPrimitives.ReadUInt16LittleEndian(header[18..]);
        if (machine != wanted)
        {
            throw Invalid($"The ELF file is for {MachineName(machine)}; this machine is {MachineName(wanted)}.");
        }

        ushort type = BinaryPrimitives.ReadUInt16LittleEndian(header[16..]);
        if (type is not (Executable or SharedObject))
        {
            throw Invalid($"The ELF file is no program but {(type == 1 ? "an object file that was not linked" : type == 4 ? "a core dump" : $"a file of type {type}")}.");
        }

        static string MachineName(ushort machine) => machine switch
        {
            3 => "x86 (32-bit)",
            40 => "arm (32-bit)",
            x64 => "x86-64",
            arm64 => "arm64",
            243 => "riscv",
            _ => $"machine type {machine}",
        };
    }

    private static ElfImage ReadSegments(SafeFileHandle file, ReadOnlySpan<byte> header, long size)
    {
        long table = BinaryPrimitives.ReadInt64LittleEndian(header[32..]);
        int entryBytes = BinaryPrimitives.ReadUInt16LittleEndian(header[54..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header[56..]);
        if (count == 0 || entryBytes != ProgramHeaderBytes)
        {
            throw Invalid($"The ELF file has no segments to load ({count} program headers of {entryBytes} bytes).");
        }

        if (table < HeaderBytes || table > size - ((long)count * ProgramHeaderBytes))
        {
            throw Invalid($"The ELF file is truncated: it has {size} bytes, and its program headers stand at {table}.");
        }

        string? interpreter = null;
        bool loads = false;
        Span<byte> segment = stackalloc byte[ProgramHeaderBytes];
        for (int index = 0; index < count; index++)
        {
            _ = RandomAccess.Read(file, segment, table + ((long)index * ProgramHeaderBytes));
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(segment);
            ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(segment[8..]);
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(segment[32..]);
            if (type is LoadSegment or InterpreterSegment && length > 0 && (offset > (ulong)size || length > (ulong)size - offset))
            {
                throw Invalid($"The ELF file is truncated: it has {size} bytes, and its segment {index} needs {length} bytes from {offset} on.");
            }

            loads |= type == LoadSegment;
            interpreter = type == InterpreterSegment ? ReadInterpreter(file, (long)offset, length) : interpreter;
        }

        return loads ? new ElfImage(interpreter) : throw Invalid("The ELF file has no segment to load.");
    }

    private static string ReadInterpreter(SafeFileHandle file, long offset, ulong length)
    {
        if (length is 0 or > MaxInterpreterBytes)
        {
            throw Invalid($"The ELF file names its interpreter in {length} bytes; 1 to {MaxInterpreterBytes} are possible.");
        }

        byte[] path = new byte[length];
        _ = RandomAccess.Read(file, path, offset);
        return Encoding.UTF8.GetString(path.AsSpan().TrimEnd((byte)0));
    }

    private static ProviderException Invalid(string message) => new(AgentErrors.InvalidArtifact, message);
}
