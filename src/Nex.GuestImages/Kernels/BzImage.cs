using System.Buffers.Binary;
using System.Text;
using Nex.GuestImages.Compression;
using Nex.GuestImages.Elf;

namespace Nex.GuestImages.Kernels;

/// <summary>
/// The format in which Linux for x86 is distributed: code that decompresses the kernel, and the compressed kernel. Its header is described in
/// the kernel's documentation, x86/boot.
/// </summary>
internal sealed class BzImage
{
    private const int SectorSize = 512;
    private const int HeaderSize = 0x268;

    private const int SetupSectorsAt = 0x1f1;
    private const int BootFlagAt = 0x1fe;
    private const int MagicAt = 0x202;
    private const int ProtocolAt = 0x206;
    private const int VersionTextAt = 0x20e;
    private const int PayloadOffsetAt = 0x248;
    private const int PayloadLengthAt = 0x24c;

    // The first version of the header that tells where the compressed kernel is.
    private const int OldestProtocol = 0x208;
    private const int MaxKernelSize = 1024 * 1024 * 1024;

    private readonly string _path;
    private readonly byte[] _bytes;
    private readonly int _protectedModeCode;

    private BzImage(string path, byte[] bytes)
    {
        _path = path;
        _bytes = bytes;
        int sectors = bytes[SetupSectorsAt];
        _protectedModeCode = ((sectors == 0 ? 4 : sectors) + 1) * SectorSize;
        Release = ReadRelease();
    }

    /// <summary>What the kernel calls itself.</summary>
    internal string Release { get; }

    /// <exception cref="GuestImageException">The file cannot be read, or is no kernel of that format.</exception>
    internal static async Task<BzImage> ReadAsync(string path, CancellationToken cancellation)
    {
        byte[] bytes = await File.ReadAllBytesAsync(path, cancellation).ConfigureAwait(false);
        bool isBzImage = bytes.Length >= HeaderSize
            && BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(BootFlagAt)) == 0xaa55
            && bytes.AsSpan(MagicAt, 4).SequenceEqual("HdrS"u8)
            && BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(ProtocolAt)) >= OldestProtocol;
        return isBzImage
            ? new BzImage(path, bytes)
            : throw new GuestImageException(
                GuestImageError.NotABzImage,
                $"{Path.GetFileName(path)} is no bzImage of Linux 2.6.26 or later. "
                + "Take a kernel for x86-64, such as that of Debian's linux-image-cloud-amd64.");
    }

    /// <summary>Writes the kernel itself, an ELF file.</summary>
    /// <exception cref="GuestImageException">It is damaged, or compressed in an unknown way.</exception>
    internal async Task ExtractAsync(string file, CancellationToken cancellation)
    {
        ArraySegment<byte> payload = FindPayload();
        Stream kernel = OpenPayload(payload);
        await using (kernel.ConfigureAwait(false))
        {
            FileStream output = File.Create(file);
            await using (output.ConfigureAwait(false))
            {
                try
                {
                    await CopyAsync(kernel, output, cancellation).ConfigureAwait(false);
                }
                catch (Exception failure) when (Decompressor.IsAboutData(failure))
                {
                    throw Damaged($"its payload cannot be decompressed ({failure.Message})", failure);
                }
            }
        }

        RequireKernel(file, payload);
    }

    private ArraySegment<byte> FindPayload()
    {
        long offset = _protectedModeCode + BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(PayloadOffsetAt));
        long length = BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(PayloadLengthAt));
        return length >= 8 && offset + length <= _bytes.Length
            ? new ArraySegment<byte>(_bytes, (int)offset, (int)length)
            : throw Damaged($"its payload is said to be {length} bytes at {offset}, and the file has {_bytes.Length}");
    }

    private Stream OpenPayload(ArraySegment<byte> payload)
    {
        if (ElfFile.IsElf(payload))
        {
            return new MemoryStream(payload.Array!, payload.Offset, payload.Count, writable: false);
        }

        // The last four bytes are the size of the kernel, put there by the kernel's build. gzip ends with such a number itself.
        int length = payload[0] == 0x1f ? payload.Count : payload.Count - sizeof(int);
        return Decompressor.TryOpen(new MemoryStream(payload.Array!, payload.Offset, length, writable: false))
            ?? throw new GuestImageException(
                GuestImageError.UnknownCompression,
                $"{_path} is compressed in a way that is not understood (its payload begins with {Convert.ToHexStringLower(payload.AsSpan(0, 6))}). "
                + "Known are gzip, xz, zstd and lz4; take a kernel that is built with one of these.");
    }

    private async Task CopyAsync(Stream kernel, FileStream output, CancellationToken cancellation)
    {
        byte[] buffer = new byte[1024 * 1024];
        for (int read; (read = await kernel.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0;)
        {
            if (output.Position + read > MaxKernelSize)
            {
                throw Damaged($"its payload grows to more than {MaxKernelSize} bytes");
            }

            await output.WriteAsync(buffer.AsMemory(0, read), cancellation).ConfigureAwait(false);
        }
    }

    private void RequireKernel(string file, ArraySegment<byte> payload)
    {
        using var kernel = new ElfSource(file);
        byte[] header = kernel.Read(0, Math.Min(kernel.Length, 8));
        uint expected = BinaryPrimitives.ReadUInt32LittleEndian(payload.AsSpan(payload.Count - sizeof(int)));
        if (!ElfFile.IsElf(payload) && kernel.Length != expected)
        {
            throw Damaged($"its payload is {kernel.Length} bytes when decompressed, and not {expected}");
        }

        if (!ElfFile.IsElf(header))
        {
            throw Damaged("its payload is no 64-bit ELF file");
        }
    }

    // The text is at an offset from the first sector: the release, a space, and more about the build.
    private string ReadRelease()
    {
        int at = BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(VersionTextAt)) + SectorSize;
        if (at < HeaderSize || at >= Math.Min(_protectedModeCode, _bytes.Length))
        {
            throw Damaged("it does not say which version it is");
        }

        ReadOnlySpan<byte> text = _bytes.AsSpan(at, Math.Min(_protectedModeCode, _bytes.Length) - at);
        int end = text.IndexOfAny((byte)' ', (byte)0);
        return end > 0 ? Encoding.ASCII.GetString(text[..end]) : throw Damaged("it does not say which version it is");
    }

    private GuestImageException Damaged(string what, Exception? failure = null) => new(
        GuestImageError.Damaged, $"The kernel {Path.GetFileName(_path)} is damaged: {what}. Fetch its package again.", failure);
}
