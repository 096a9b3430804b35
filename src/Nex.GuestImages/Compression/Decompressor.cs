using System.IO.Compression;
using SharpCompress.Compressors.Xz;
using SharpCompress.Compressors.ZStandard;

namespace Nex.GuestImages.Compression;

/// <summary>Decompresses what distributions compress kernels, modules and packages with, whatever it is.</summary>
internal static class Decompressor
{
    private static ReadOnlySpan<byte> Gzip => [0x1f, 0x8b];

    private static ReadOnlySpan<byte> Xz => [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];

    private static ReadOnlySpan<byte> Zstandard => [0x28, 0xb5, 0x2f, 0xfd];

    /// <summary>Opens compressed data, and closes it with what is returned; null when its first bytes are of no known format.</summary>
    /// <param name="input">At its start, and able to seek.</param>
    internal static Stream? TryOpen(Stream input)
    {
        Span<byte> start = stackalloc byte[6];
        int read = input.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        input.Position -= read;
        start = start[..read];
        return start switch
        {
            _ when start.StartsWith(Gzip) => new GZipStream(input, CompressionMode.Decompress),
            _ when start.StartsWith(Xz) => new XZStream(input),
            _ when start.StartsWith(Zstandard) => new DecompressionStream(input, leaveOpen: false),
            _ when start.StartsWith(LegacyLz4Stream.Magic) => new LegacyLz4Stream(input),
            _ => null,
        };
    }

    /// <summary>Whether a failure is one of these formats' about its data, and not one of the file or of the host.</summary>
    internal static bool IsAboutData(Exception failure) =>
        failure is InvalidDataException or EndOfStreamException or IndexOutOfRangeException or OverflowException
        || failure.GetType().Namespace?.StartsWith("SharpCompress", StringComparison.Ordinal) == true;
}
