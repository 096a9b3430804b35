using System.Buffers;
using System.Buffers.Binary;

namespace Nex.Protocol.JsonRpc;

/// <summary>
/// Cuts received bytes into frames. A frame is its length in bytes, as four bytes with the most significant first, and then that many
/// bytes. Its buffer grows with what has arrived, never with what a length claims, and is given back when it is empty.
/// </summary>
internal sealed class FrameReader(int maxFrameBytes) : IDisposable
{
    internal const int HeaderBytes = 4;
    private const int SmallestBuffer = 4096;

    private byte[] _buffer = [];
    private int _start;
    private int _end;

    /// <summary>Whether part of a frame has arrived.</summary>
    internal bool HasPartialFrame => _end > _start;

    /// <summary>Room for received bytes. Frames that were returned before are no longer valid.</summary>
    internal Memory<byte> GetMemory()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(SmallestBuffer, 2 * _buffer.Length));
            _buffer.AsSpan(0, _end).CopyTo(larger);
            Return();
            _buffer = larger;
        }

        return _buffer.AsMemory(_end);
    }

    /// <summary>So many bytes have been written into that room.</summary>
    internal void Advance(int count) => _end += count;

    /// <summary>The next complete frame, valid until <see cref="GetMemory"/> or <see cref="ReleaseBuffer"/> is called.</summary>
    /// <exception cref="LinkException">The next frame is empty or too long.</exception>
    internal bool TryRead(out ReadOnlyMemory<byte> frame)
    {
        frame = default;
        if (_end - _start < HeaderBytes)
        {
            return false;
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(_buffer.AsSpan(_start));
        if (length == 0)
        {
            throw new LinkException(LinkFault.MalformedFrame, "A frame of no bytes was received.");
        }

        if (length > maxFrameBytes)
        {
            throw new LinkException(LinkFault.OversizedFrame, $"A frame of {length} bytes was announced; at most {maxFrameBytes} are accepted.");
        }

        if (_end - _start - HeaderBytes < length)
        {
            return false;
        }

        frame = _buffer.AsMemory(_start + HeaderBytes, (int)length);
        _start += HeaderBytes + (int)length;
        return true;
    }

    /// <summary>Gives the buffer back while nothing is in it.</summary>
    internal void ReleaseBuffer()
    {
        if (!HasPartialFrame)
        {
            Dispose();
        }
    }

    public void Dispose()
    {
        Return();
        _buffer = [];
        _start = _end = 0;
    }

    private void Return()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }
}
