using System.Buffers.Binary;
using K4os.Compression.LZ4;

namespace Nex.GuestImages.Compression;

/// <summary>
/// Decompresses the LZ4 format that kernels are compressed with, the one that came before LZ4's frames: blocks that do not depend on each other,
/// each behind its length, until the data ends.
/// </summary>
internal sealed class LegacyLz4Stream : Stream
{
    private const int BlockSize = 8 * 1024 * 1024;

    private readonly Stream _input;
    private byte[] _compressed = [];
    private readonly byte[] _block = new byte[BlockSize];
    private int _position;
    private int _length;

    internal LegacyLz4Stream(Stream input)
    {
        _input = input;
        Span<byte> magic = stackalloc byte[4];
        input.ReadExactly(magic);
    }

    internal static ReadOnlySpan<byte> Magic => [0x02, 0x21, 0x4c, 0x18];

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        if (_position == _length && !ReadBlock())
        {
            return 0;
        }

        int count = Math.Min(buffer.Length, _length - _position);
        _block.AsSpan(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _input.Dispose();
        }

        base.Dispose(disposing);
    }

    private bool ReadBlock()
    {
        Span<byte> prefix = stackalloc byte[4];
        if (_input.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false) < prefix.Length)
        {
            return false;
        }

        int size = BinaryPrimitives.ReadInt32LittleEndian(prefix);
        if (size <= 0 || size > LZ4Codec.MaximumOutputSize(BlockSize))
        {
            throw new InvalidDataException($"A block of LZ4 data cannot be {size} bytes long.");
        }

        if (_compressed.Length < size)
        {
            _compressed = new byte[size];
        }

        _input.ReadExactly(_compressed, 0, size);
        _position = 0;
        _length = LZ4Codec.Decode(_compressed.AsSpan(0, size), _block);
        return _length > 0 ? true : throw new InvalidDataException("A block of LZ4 data is damaged.");
    }
}
