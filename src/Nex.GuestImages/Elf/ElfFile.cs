using System.Runtime.InteropServices;

namespace Nex.GuestImages.Elf;

/// <summary>What a program or a library says about how it is loaded. The file is only read, never run.</summary>
internal sealed record ElfFile
{
    private const int HeaderSize = 64;

    /// <summary>The number of the kind of processor that the file is for.</summary>
    internal required ushort Machine { get; init; }

    /// <summary>The dynamic loader that the kernel starts with the program; null where it needs none.</summary>
    internal required string? Interpreter { get; init; }

    /// <summary>The names of the libraries that it needs itself, in its own order.</summary>
    internal required IReadOnlyList<string> Needed { get; init; }

    /// <summary>The directories to look for them first, as they stand in the file, with $ORIGIN.</summary>
    internal required IReadOnlyList<string> SearchPath { get; init; }

    /// <summary>Whether the search path holds for this file alone, and not for the libraries of its libraries.</summary>
    internal required bool HasRunPath { get; init; }

    /// <summary>Whether this machine's own programs are for the same kind of processor.</summary>
    internal bool IsForThisMachine => Machine == RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => 62,
        Architecture.Arm64 => 183,
        _ => -1,
    };

    /// <summary>Reads a file; null when it is no ELF file, or one for 32 bits or the other byte order.</summary>
    /// <exception cref="GuestImageException">It is one, but damaged; or it cannot be read.</exception>
    internal static ElfFile? Read(string path)
    {
        using var source = new ElfSource(path);
        Span<byte> header = stackalloc byte[HeaderSize];
        return source.TryRead(0, header) && IsElf(header) ? new ElfLoadInfoReader(source, header).Read() : null;
    }

    /// <summary>Whether these are the first bytes of a 64-bit little-endian ELF file.</summary>
    internal static bool IsElf(ReadOnlySpan<byte> header) => header.StartsWith("\u007fELF\u0002\u0001"u8);
}
