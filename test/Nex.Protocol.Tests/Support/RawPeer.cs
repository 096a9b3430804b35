using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Nex.Protocol.Tests.Support;

/// <summary>The other end of a link, frame by frame as the test says, right or wrong.</summary>
internal sealed class RawPeer(NetworkStream stream)
{
    internal async Task SendAsync(string json) => await SendBytesAsync(Frame(Encoding.UTF8.GetBytes(json)));

    internal async Task SendBytesAsync(ReadOnlyMemory<byte> bytes)
    {
        await stream.WriteAsync(bytes, TestContext.Current.CancellationToken);
        await stream.FlushAsync(TestContext.Current.CancellationToken);
    }

    internal async Task<string> ReceiveAsync()
    {
        byte[] header = new byte[4];
        await ReadAsync(header);
        byte[] frame = new byte[BinaryPrimitives.ReadInt32BigEndian(header)];
        await ReadAsync(frame);
        return Encoding.UTF8.GetString(frame);
    }

    /// <summary>Sends no more. What the other side sends is still taken, so that it sees an end and not a reset.</summary>
    internal void Close() => stream.Socket.Shutdown(SocketShutdown.Send);

    internal static byte[] Frame(byte[] content)
    {
        byte[] frame = new byte[4 + content.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, content.Length);
        content.CopyTo(frame, 4);
        return frame;
    }

    private Task ReadAsync(byte[] buffer) =>
        stream.ReadExactlyAsync(buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(PeerExtensions.Deadline);
}
