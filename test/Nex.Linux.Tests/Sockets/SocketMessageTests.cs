using System.Text;
using Microsoft.Win32.SafeHandles;
using Nex.Linux.Interop;
using Nex.Linux.Sockets;
using Nex.Linux.Tests.Support;

namespace Nex.Linux.Tests.Sockets;

public sealed class SocketMessageTests : IDisposable
{
    private readonly SafeFileHandle _ours;
    private readonly SafeFileHandle _theirs;

    public SocketMessageTests() => (_ours, _theirs) = SocketPair.Create();

    public void Dispose()
    {
        _ours.Dispose();
        _theirs.Dispose();
    }

    [Fact]
    public void Bytes_go_both_ways()
    {
        Assert.Equal(4, SocketMessage.TrySend(_ours, "ping"u8));
        Assert.Equal(4, SocketMessage.TrySend(_theirs, "pong"u8));

        Assert.Equal("ping", Receive(_theirs, out SafeFileHandle? none));
        Assert.Equal("pong", Receive(_ours, out _));
        Assert.Null(none);
    }

    [Fact]
    public void Nothing_there_is_not_the_end() => Assert.Null(SocketMessage.TryReceive(_ours, new byte[1], out _));

    [Fact]
    public void What_was_sent_before_the_end_arrives_before_it()
    {
        _ = SocketMessage.TrySend(_ours, "last words"u8);
        _ours.Dispose();

        Assert.Equal("last words", Receive(_theirs, out _));
        Assert.Equal(0, SocketMessage.TryReceive(_theirs, new byte[1], out _));
    }

    [Fact]
    public void A_reset_is_an_end()
    {
        _ = SocketMessage.TrySend(_theirs, "never read"u8);
        _ours.Dispose();

        Assert.Equal(0, SocketMessage.TryReceive(_theirs, new byte[1], out _));
    }

    [Fact]
    public void Sending_to_nobody_fails_and_raises_no_signal()
    {
        _theirs.Dispose();

        LinuxException failure = Assert.Throws<LinuxException>(() => SocketMessage.TrySend(_ours, "x"u8));

        Assert.Equal(Errno.BrokenPipe, failure.Errno);
    }

    [Fact]
    public void A_full_socket_takes_a_part_and_then_nothing()
    {
        byte[] much = new byte[1024 * 1024];
        int sent = 0;
        while (SocketMessage.TrySend(_ours, much) is { } count)
        {
            Assert.InRange(count, 1, much.Length);
            sent += count;
        }

        int received = 0;
        while (SocketMessage.TryReceive(_theirs, much, out _) is { } count)
        {
            received += count;
        }

        Assert.Equal(sent, received);
        Assert.NotNull(SocketMessage.TrySend(_ours, "x"u8));
    }

    [Fact]
    public void A_descriptor_travels_with_the_bytes_and_is_closed_on_exec()
    {
        using SafeFileHandle sent = MemoryFile.Create("travelling");
        RandomAccess.Write(sent, "content"u8, 0);

        _ = SocketMessage.TrySend(_ours, "take this"u8, sent);
        sent.Dispose();
        Assert.Equal("take this", Receive(_theirs, out SafeFileHandle? received));

        using (received)
        {
            byte[] content = new byte[16];
            Assert.Equal("content", Encoding.UTF8.GetString(content, 0, RandomAccess.Read(received!, content, 0)));
            (_, string open) = TestChild.Run("show", ["descriptors"]);
            Assert.DoesNotContain($"{received!.DangerousGetHandle()}", open.Split('\n'));
        }
    }

    [Fact]
    public void A_descriptor_comes_with_the_first_of_its_bytes()
    {
        using SafeFileHandle sent = MemoryFile.Create("travelling");
        _ = SocketMessage.TrySend(_ours, "abc"u8, sent);

        Assert.Equal(1, SocketMessage.TryReceive(_theirs, new byte[1], out SafeFileHandle? first));
        Assert.Equal(1, SocketMessage.TryReceive(_theirs, new byte[1], out SafeFileHandle? second));

        Assert.NotNull(first);
        first.Dispose();
        Assert.Null(second);
    }

    [Fact]
    public void Bytes_before_and_after_a_descriptor_are_not_mixed_with_its_own()
    {
        using SafeFileHandle sent = MemoryFile.Create("travelling");
        _ = SocketMessage.TrySend(_ours, "before"u8);
        _ = SocketMessage.TrySend(_ours, "with"u8, sent);
        _ = SocketMessage.TrySend(_ours, "after"u8);

        // The kernel may give the bytes before together with those that carry it, but never those of two carriers.
        string all = "";
        int descriptors = 0;
        while (SocketMessage.TryReceive(_theirs, new byte[1], out SafeFileHandle? descriptor) is 1)
        {
            all += descriptor is null ? "-" : "+";
            descriptors += descriptor is null ? 0 : 1;
            descriptor?.Dispose();
        }

        Assert.Equal("------+--------", all);
        Assert.Equal(1, descriptors);
    }

    [Fact]
    public void More_descriptors_than_were_asked_for_do_not_stay_open()
    {
        const int messages = 200;
        using SafeFileHandle file = MemoryFile.Create("travelling");
        int before = Directory.GetFiles("/proc/self/fd").Length;

        for (int count = 0; count < messages; count++)
        {
            SendTwice(file);
            Assert.Equal(1, SocketMessage.TryReceive(_theirs, new byte[16], out SafeFileHandle? received));
            received?.Dispose();
        }

        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, before + (messages / 2));
    }

    /// <summary>One byte with two descriptors, which no sender of ours sends.</summary>
    private unsafe void SendTwice(SafeFileHandle file)
    {
        const int header = 16, socketLevel = 1, rightsType = 1;
        Span<int> control = [header + (2 * sizeof(int)), 0, socketLevel, rightsType, (int)file.DangerousGetHandle(), (int)file.DangerousGetHandle()];
        byte one = 1;
        fixed (int* start = control)
        {
            var vector = new Libc.IoVector { Base = &one, Length = 1 };
            var message = new Libc.MessageHeader { Vectors = &vector, VectorCount = 1, Control = start, ControlLength = (nuint)(control.Length * sizeof(int)) };
            Assert.Equal(1, Libc.SendMessage(_ours, &message, 0));
        }
    }

    private static string? Receive(SafeFileHandle socket, out SafeFileHandle? descriptor)
    {
        byte[] buffer = new byte[256];
        return SocketMessage.TryReceive(socket, buffer, out descriptor) is { } count ? Encoding.UTF8.GetString(buffer, 0, count) : null;
    }
}
