using System.Net.Sockets;
using Nex.Firecracker.Vsock;
using Nex.Testing.Files;
using Nex.Testing.Waiting;
using static Nex.Firecracker.Tests.Support.VsockDeviceServer;

namespace Nex.Firecracker.Tests.Vsock;

/// <summary>Connections of a guest to its host.</summary>
public sealed class VsockListenerTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    private string DevicePath => _directory["v.sock"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task It_listens_where_Firecracker_connects_to()
    {
        using VsockListener listener = VsockHost.Listen(DevicePath, 5000);
        Assert.Equal(DevicePath + "_5000", listener.Path);
        using Socket guest = await ConnectAsync(listener.Path);
        await SendAsync(guest, "hello");

        using Socket host = await listener.AcceptAsync().Within();

        Assert.Equal("hello", await ReceiveAsync(host));
    }

    [Fact]
    public async Task Connections_wait_until_they_are_taken()
    {
        using VsockListener listener = VsockHost.Listen(DevicePath, 5000);
        using Socket first = await ConnectAsync(listener.Path);
        using Socket second = await ConnectAsync(listener.Path);
        await SendAsync(first, "first");
        await SendAsync(second, "second");

        using Socket one = await listener.AcceptAsync().Within();
        using Socket two = await listener.AcceptAsync().Within();

        Assert.Equal(("first", "second"), (await ReceiveAsync(one), await ReceiveAsync(two)));
    }

    [Fact]
    public void Ports_do_not_get_in_each_others_way()
    {
        using VsockListener one = VsockHost.Listen(DevicePath, 1);
        using VsockListener two = VsockHost.Listen(DevicePath, uint.MaxValue);

        Assert.Equal(["v.sock_1", "v.sock_4294967295"], Directory.GetFileSystemEntries(_directory.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Its_owner_alone_may_connect_where_nothing_else_is_said()
    {
        const UnixFileMode everybody = (UnixFileMode)0x1B6;
        using VsockListener mine = VsockHost.Listen(DevicePath, 1);
        using VsockListener everybodys = VsockHost.Listen(DevicePath, 2, everybody);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(mine.Path));
        Assert.Equal(everybody, File.GetUnixFileMode(everybodys.Path));
    }

    [Fact]
    public async Task Disposal_removes_the_file_and_ends_the_wait_and_leaves_connections_alone()
    {
        VsockListener listener = VsockHost.Listen(DevicePath, 5000);
        using Socket guest = await ConnectAsync(listener.Path);
        using Socket host = await listener.AcceptAsync().Within();
        Task<Socket> waiting = listener.AcceptAsync().AsTask();

        listener.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.Within());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => listener.AcceptAsync().Within());
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
        await SendAsync(guest, "still");
        Assert.Equal("still", await ReceiveAsync(host));
        listener.Dispose();
    }

    [Fact]
    public async Task A_wait_can_be_cancelled_and_begun_again()
    {
        using VsockListener listener = VsockHost.Listen(DevicePath, 5000);
        using var cancelled = new CancellationTokenSource();
        Task<Socket> waiting = listener.AcceptAsync(cancelled.Token).AsTask();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Within());

        using Socket guest = await ConnectAsync(listener.Path);

        (await listener.AcceptAsync().Within()).Dispose();
    }

    [Fact]
    public void What_is_there_already_is_left_alone()
    {
        File.WriteAllText(DevicePath + "_5000", "mine");

        Assert.Equal(VsockFailure.ListenFailed, FailureOf(DevicePath).Failure);
        Assert.Equal("mine", File.ReadAllText(DevicePath + "_5000"));
    }

    [Fact]
    public void A_directory_that_is_not_there_is_named()
    {
        VsockException failure = FailureOf(_directory["none/v.sock"]);

        Assert.Equal(VsockFailure.ListenFailed, failure.Failure);
        Assert.Contains(_directory["none/v.sock_5000"], failure.Message);
    }

    [Fact]
    public void A_path_has_at_most_107_bytes_with_the_port()
    {
        string longest = _directory[new string('x', 107 - _directory.Path.Length - "/_5000".Length)];
        VsockHost.Listen(longest, 5000).Dispose();

        VsockException failure = FailureOf(longest + "x");

        Assert.Equal(VsockFailure.InvalidPath, failure.Failure);
        Assert.Contains("108 bytes", failure.Message);
    }

    private static VsockException FailureOf(string path) => Assert.Throws<VsockException>(() => VsockHost.Listen(path, 5000));

    private static async Task<Socket> ConnectAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path)).Within();
        return socket;
    }
}
