using System.Buffers.Binary;

namespace Nex.Testing.FirecrackerStandin.Vsock;

internal enum FrameType : byte
{
    /// <summary>Asks for a connection to a port of the other side.</summary>
    Open = 1,

    /// <summary>There is one.</summary>
    Opened,

    Data,

    /// <summary>So many bytes were taken, and as many more may come.</summary>
    Credit,

    /// <summary>No more data comes from this side.</summary>
    End,

    /// <summary>There is no such connection, or not any more.</summary>
    Reset,

    /// <summary>
    /// From the host: this machine is a copy, all connections are gone, and these are the ports as in <see cref="Ports"/>. The guest says it
    /// back.
    /// </summary>
    Epoch,

    /// <summary>From the host: the guest can dial these ports, and no others.</summary>
    Ports,
}

/// <summary>
/// What the host and the guest say to each other over the port: between two bytes 0x7E, with 0x7E and 0x7D escaped in between, a type, an
/// epoch, a connection, a length, and so much payload. A snapshot may cut the stream anywhere. Then the frame that was cut has not its
/// length, those before it have not the epoch, and neither counts.
/// </summary>
internal readonly record struct Frame(FrameType Type, ushort Epoch, uint Connection, ReadOnlyMemory<byte> Payload)
{
    internal const int MaxPayload = 8192;

    private const byte Delimiter = 0x7e;
    private const byte Escape = 0x7d;
    private const byte Flip = 0x20;
    private const int HeadLength = 9;

    /// <summary>The number that a frame of some types carries.</summary>
    internal uint Number => Payload.Length >= sizeof(uint) ? BinaryPrimitives.ReadUInt32LittleEndian(Payload.Span) : 0;

    internal static byte[] NumberPayload(params IReadOnlyList<uint> numbers)
    {
        byte[] payload = new byte[sizeof(uint) * numbers.Count];
        for (int index = 0; index < numbers.Count; index++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(payload.AsSpan(sizeof(uint) * index), numbers[index]);
        }

        return payload;
    }

    internal byte[] Encode()
    {
        Span<byte> head = stackalloc byte[HeadLength];
        head[0] = (byte)Type;
        BinaryPrimitives.WriteUInt16LittleEndian(head[1..], Epoch);
        BinaryPrimitives.WriteUInt32LittleEndian(head[3..], Connection);
        BinaryPrimitives.WriteUInt16LittleEndian(head[7..], (ushort)Payload.Length);

        var bytes = new List<byte>((2 * (HeadLength + Payload.Length)) + 2) { Delimiter };
        EncodeTo(bytes, head);
        EncodeTo(bytes, Payload.Span);
        bytes.Add(Delimiter);
        return [.. bytes];
    }

    private static void EncodeTo(List<byte> bytes, ReadOnlySpan<byte> content)
    {
        foreach (byte value in content)
        {
            if (value is Delimiter or Escape)
            {
                bytes.Add(Escape);
                bytes.Add((byte)(value ^ Flip));
            }
            else
            {
                bytes.Add(value);
            }
        }
    }

    /// <summary>Finds the frames in a stream of bytes that come in any pieces.</summary>
    internal sealed class Decoder
    {
        private readonly byte[] _content = new byte[HeadLength + MaxPayload];
        private int _length;
        private bool _isEscaped;
        private bool _isTooLong;

        /// <summary>The frames that end within these bytes.</summary>
        internal IReadOnlyList<Frame> Take(ReadOnlySpan<byte> bytes)
        {
            var frames = new List<Frame>();
            foreach (byte value in bytes)
            {
                if (value == Delimiter)
                {
                    if (End() is { } frame)
                    {
                        frames.Add(frame);
                    }
                }
                else if (value == Escape)
                {
                    _isEscaped = true;
                }
                else
                {
                    Add(_isEscaped ? (byte)(value ^ Flip) : value);
                    _isEscaped = false;
                }
            }

            return frames;
        }

        private void Add(byte value)
        {
            if (_length == _content.Length)
            {
                _isTooLong = true;
            }
            else
            {
                _content[_length++] = value;
            }
        }

        private Frame? End()
        {
            ReadOnlySpan<byte> content = _content.AsSpan(0, _length);
            bool isWhole = !_isTooLong && content.Length >= HeadLength
                && content.Length == HeadLength + BinaryPrimitives.ReadUInt16LittleEndian(content[7..]);
            _length = 0;
            _isEscaped = _isTooLong = false;
            return !isWhole ? null : new Frame(
                (FrameType)content[0],
                BinaryPrimitives.ReadUInt16LittleEndian(content[1..]),
                BinaryPrimitives.ReadUInt32LittleEndian(content[3..]),
                content[HeadLength..].ToArray());
        }
    }
}
