using System.Buffers.Binary;
using System.IO.Compression;
using K4os.Compression.LZ4;
using SharpCompress.Compressors.ZStandard;

namespace Nex.GuestImages.Tests.Support;

/// <summary>The ways in which kernels, modules and packages are compressed.</summary>
public enum Packing
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>As gzip does.</summary>
    Gzip,

    /// <summary>As xz does.</summary>
    Xz,

    /// <summary>As zstd does.</summary>
    Zstandard,

    /// <summary>As `lz4 -l` does.</summary>
    Lz4,
}

internal static class PackingExtensions
{
    private const int Lz4Block = 8 * 1024 * 1024;

    internal static async Task<byte[]> CompressAsync(this Packing packing, byte[] bytes)
    {
        using var output = new MemoryStream();
        switch (packing)
        {
            case Packing.None:
                return bytes;
            case Packing.Gzip:
                using (var gzip = new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true))
                {
                    gzip.Write(bytes);
                }

                return output.ToArray();
            case Packing.Zstandard:
                using (var zstandard = new CompressionStream(output))
                {
                    zstandard.Write(bytes);
                }

                return output.ToArray();
            case Packing.Lz4:
                return CompressLz4(bytes);
            default:
                return await CompressXzAsync(bytes);
        }
    }

    /// <summary>The end of the names of files that are compressed in that way.</summary>
    internal static string Extension(this Packing packing) => packing switch
    {
        Packing.Gzip => ".gz",
        Packing.Xz => ".xz",
        Packing.Zstandard => ".zst",
        Packing.Lz4 => ".lz4",
        _ => "",
    };

    private static byte[] CompressLz4(byte[] bytes)
    {
        List<byte> output = [0x02, 0x21, 0x4c, 0x18];
        foreach (byte[] block in bytes.Chunk(Lz4Block))
        {
            byte[] compressed = new byte[LZ4Codec.MaximumOutputSize(block.Length)];
            int length = LZ4Codec.Encode(block, compressed);
            byte[] prefix = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(prefix, length);
            output.AddRange(prefix);
            output.AddRange(compressed.AsSpan(0, length));
        }

        return [.. output];
    }

    // With the filter for machine code that kernels are compressed with.
    private static async Task<byte[]> CompressXzAsync(byte[] bytes)
    {
        HostTools.Require("xz", "xz-utils");
        using var directory = new Testing.Files.TempDirectory();
        await File.WriteAllBytesAsync(directory["data"], bytes);
        _ = await HostTools.RunAsync("xz", ["--check=crc32", "--x86", "--lzma2=dict=1MiB", directory["data"]]);
        return await File.ReadAllBytesAsync(directory["data.xz"]);
    }
}
