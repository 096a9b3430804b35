using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;

namespace Nex.Protocol.Tests.JsonRpc;

public sealed class FrameTests
{
    private const int Limit = 100_000;

    [Fact]
    public void Frames_arrive_whole_and_in_order_under_any_chunking() =>
        Gen.Select(Gen.Byte.Array[1, 3000].Array[1, 20], Gen.Int[1, 5000].Array[1, 20]).Sample((frames, chunks) =>
        {
            byte[] stream = [.. frames.SelectMany(Framed)];
            var received = new List<byte[]>();
            using var reader = new FrameReader(Limit);
            int start = 0;
            for (int index = 0; start < stream.Length; index++)
            {
                start += Receive(reader, stream.AsSpan(start, Math.Min(chunks[index % chunks.Length], stream.Length - start)));
                while (reader.TryRead(out ReadOnlyMemory<byte> frame))
                {
                    received.Add(frame.ToArray());
                }

                reader.ReleaseBuffer();
            }

            Assert.False(reader.HasPartialFrame);
            Assert.Equal(frames, received);
        });

    [Fact]
    public void What_the_writer_writes_the_reader_reads_however_it_is_sent() =>
        Gen.Select(Gen.Long.Array[1, 200], Gen.Int[1, 400]).Sample((numbers, step) =>
        {
            using var writer = new FrameWriter();
            using var reader = new FrameReader(Limit);
            var received = new List<long>();
            foreach (long number in numbers)
            {
                writer.WriteRequest(number, "ping", new AgentPing { Sequence = number }, AgentJsonContext.Default.AgentPing);
                SendSome(writer, reader, step);
                ReadNumbers(reader, received);
            }

            while (writer.PendingBytes > 0)
            {
                SendSome(writer, reader, step);
                ReadNumbers(reader, received);
            }

            Assert.Equal(numbers, received);
        });

    [Fact]
    public void A_frame_of_no_bytes_is_refused()
    {
        LinkException failure = Assert.Throws<LinkException>(() => ReadFirst([0, 0, 0, 0]));

        Assert.Equal(LinkFault.MalformedFrame, failure.Fault);
        Assert.Contains("no bytes", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Limit + 1u)]
    [InlineData(0x8000_0000u)]
    [InlineData(0xFFFF_FFFFu)]
    public void A_frame_that_is_too_long_is_refused_by_its_length_alone(uint length)
    {
        LinkException failure = Assert.Throws<LinkException>(() => ReadFirst(Header(length)));

        Assert.Equal(LinkFault.OversizedFrame, failure.Fault);
        Assert.Contains($"{length} bytes", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_longest_frame_is_read()
    {
        byte[] longest = new byte[Limit];

        Assert.Equal(Limit, ReadFirst(Framed(longest))!.Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    public void A_part_of_a_frame_is_none(int count)
    {
        using var reader = new FrameReader(Limit);
        Receive(reader, Framed("text"u8.ToArray()).AsSpan(0, count));

        Assert.False(reader.TryRead(out _));
        Assert.Equal(count > 0, reader.HasPartialFrame);
    }

    [Fact]
    public void An_announced_length_allocates_nothing()
    {
        using var reader = new FrameReader(int.MaxValue);
        Receive(reader, [.. Header(int.MaxValue), .. "little"u8]);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.False(reader.TryRead(out _));
        int room = reader.GetMemory().Length;

        Assert.InRange(room, 1, 16 * 1024);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 * 1024);
    }

    [Fact]
    public void A_frame_is_one_line_of_json_behind_its_length()
    {
        using var writer = new FrameWriter();

        writer.WriteError("\"id\""u8.ToArray(), new JsonRpcError(-32601, "No such \"method\"."));

        byte[] expected = Framed("""{"jsonrpc":"2.0","id":"id","error":{"code":-32601,"message":"No such \"method\"."}}"""u8.ToArray());
        Assert.Equal(Encoding.UTF8.GetString(expected), Encoding.UTF8.GetString(writer.Pending.Span));
    }

    [Fact]
    public void A_writer_that_was_emptied_can_be_used_again()
    {
        using var writer = new FrameWriter();
        writer.WriteNotification("a", new AgentPing { Sequence = 1 }, AgentJsonContext.Default.AgentPing);
        writer.Sent(writer.PendingBytes);
        Assert.Equal(0, writer.PendingBytes);

        writer.WriteNotification("b", new AgentPing { Sequence = 2 }, AgentJsonContext.Default.AgentPing);

        Assert.Equal("b", JsonRpcMessage.Parse(ReadFirst(writer.Pending.Span)!).Method);
    }

    private static byte[] Header(uint length)
    {
        byte[] header = new byte[FrameReader.HeaderBytes];
        BinaryPrimitives.WriteUInt32BigEndian(header, length);
        return header;
    }

    private static byte[] Framed(byte[] frame) => [.. Header((uint)frame.Length), .. frame];

    private static byte[]? ReadFirst(ReadOnlySpan<byte> stream)
    {
        using var reader = new FrameReader(Limit);
        while (!stream.IsEmpty)
        {
            stream = stream[Receive(reader, stream)..];
        }

        return reader.TryRead(out ReadOnlyMemory<byte> frame) ? frame.ToArray() : null;
    }

    /// <summary>Receives what there is room for.</summary>
    private static int Receive(FrameReader reader, ReadOnlySpan<byte> bytes)
    {
        Span<byte> room = reader.GetMemory().Span;
        int count = Math.Min(room.Length, bytes.Length);
        bytes[..count].CopyTo(room);
        reader.Advance(count);
        return count;
    }

    private static void SendSome(FrameWriter writer, FrameReader reader, int most) =>
        writer.Sent(Receive(reader, writer.Pending.Span[..Math.Min(most, writer.PendingBytes)]));

    private static void ReadNumbers(FrameReader reader, List<long> numbers)
    {
        while (reader.TryRead(out ReadOnlyMemory<byte> frame))
        {
            Assert.True(JsonRpcMessage.Parse(frame).TryGetNumber(out long number));
            numbers.Add(number);
        }
    }
}
