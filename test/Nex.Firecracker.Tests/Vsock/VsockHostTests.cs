using System.Net.Sockets;
using Nex.Firecracker.Tests.Support;
using Nex.Firecracker.Vsock;
using Nex.Testing.Files;
using Nex.Testing.Waiting;
using static Nex.Firecracker.Tests.Support.VsockDeviceServer;

namespace Nex.Firecracker.Tests.Vsock;

/// <summary>Connections of the host to a guest.</summary>
public sealed class VsockHostTests : IDisposable
{
    private static readonly TimeSpan Long = Deadline.Length;

    private readonly TempDirectory _directory = new();
    private readonly TestTime _time = new();
    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private string DevicePath => _directory["v.sock"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_port_is_asked_for_in_one_line_and_the_guest_has_the_rest()
    {
        using var device = new VsockDeviceServer(DevicePath);
        Task<Socket> connecting = VsockHost.ConnectAsync(DevicePath, 5000, Long);
        using Socket guest = await device.AcceptAsync();
        Assert.Equal("CONNECT 5000\n", await ReceiveAsync(guest));

        await SendAsync(guest, "OK 1073741824\nwelcome\n");

        using Socket host = await connecting.Within();
        Assert.Equal("welcome\n", await ReceiveAsync(host));
        await SendAsync(host, "thanks");
        Assert.Equal("thanks", await ReceiveAsync(guest));
    }

    [Fact]
    public async Task The_answer_may_come_in_pieces()
    {
        using var device = new VsockDeviceServer(DevicePath);
        Task<Socket> connecting = VsockHost.ConnectAsync(DevicePath, uint.MaxValue, Long);
        using Socket guest = await device.AcceptAsync();
        Assert.Equal("CONNECT 4294967295\n", await ReceiveAsync(guest));

        foreach (char character in "OK 4294967295\n")
        {
            await SendAsync(guest, $"{character}");
        }

        (await connecting.Within()).Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("OK 12")]
    public async Task A_connection_that_is_closed_means_that_nobody_listens(string answer)
    {
        using var device = new VsockDeviceServer(DevicePath);
        Task<Socket> connecting = VsockHost.ConnectAsync(DevicePath, 5000, Long);
        using (Socket guest = await device.AcceptAsync())
        {
            _ = await ReceiveAsync(guest);
            await SendAsync(guest, answer);
        }

        VsockException failure = await FailureOfAsync(connecting);
        Assert.Equal(VsockFailure.NoListener, failure.Failure);
        Assert.Contains("5000", failure.Message);
    }

    [Fact]
    public async Task So_does_one_that_is_closed_unread()
    {
        using var device = new VsockDeviceServer(DevicePath);
        Task<Socket> connecting = VsockHost.ConnectAsync(DevicePath, 5000, Long);
        (await device.AcceptAsync()).Dispose();

        Assert.Equal(VsockFailure.NoListener, (await FailureOfAsync(connecting)).Failure);
    }

    [Theory]
    [InlineData("OK\n")]
    [InlineData("OK \n")]
    [InlineData("OK -1\n")]
    [InlineData("OK 1 2\n")]
    [InlineData("OK 42949672960000\n")]
    [InlineData("\n")]
    [InlineData("ok 1\n")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n")]
    public async Task Any_other_answer_is_none(string answer)
    {
        using var device = new VsockDeviceServer(DevicePath);
        Task<Socket> connecting = VsockHost.ConnectAsync(DevicePath, 5000, Long);
        using Socket guest = await device.AcceptAsync();
        await SendAsync(guest, answer);

        Assert.Equal(VsockFailure.InvalidAnswer, (await FailureOfAsync(connecting)).Failure);
    }

    [Fact]
    public async Task A_guest_that_does_not_answer_in_time_is_given_up()
    {
        using var device = new VsockDeviceServer(DevicePath);
        Task<Socket> connecting = VsockHost.ConnectAsync(DevicePath, 5000, TimeSpan.FromSeconds(2), _exited.Task, _time);
        using Socket guest = await device.AcceptAsync();
        _ = await ReceiveAsync(guest);

        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(VsockFailure.TimedOut, (await FailureOfAsync(connecting)).Failure);
        Assert.Equal("", await ReceiveAsync(guest));
    }

    [Fact]
    public async Task A_process_that_ends_is_noticed_at_once()
    {
        using var device = new VsockDeviceServer(DevicePath);
        Task<Socket> connecting = VsockHost.ConnectAsync(DevicePath, 5000, Long, _exited.Task, _time);
        using Socket guest = await device.AcceptAsync();

        _exited.SetResult();

        Assert.Equal(VsockFailure.ProcessGone, (await FailureOfAsync(connecting)).Failure);
    }

    [Fact]
    public async Task A_connection_can_be_cancelled()
    {
        using var device = new VsockDeviceServer(DevicePath);
        using var cancelled = new CancellationTokenSource();
        Task<Socket> connecting = VsockHost.ConnectAsync(DevicePath, 5000, Long, cancellationToken: cancelled.Token);
        using Socket guest = await device.AcceptAsync();

        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.Within());
    }

    [Fact]
    public async Task A_device_that_does_not_exist_cannot_be_reached() =>
        Assert.Equal(VsockFailure.Unreachable, (await FailureOfAsync(VsockHost.ConnectAsync(DevicePath, 5000, Long))).Failure);

    [Fact]
    public async Task A_socket_on_which_nobody_listens_any_more_is_that_of_a_process_that_is_gone()
    {
        using var left = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        left.Bind(new UnixDomainSocketEndPoint(DevicePath));

        Assert.Equal(VsockFailure.ProcessGone, (await FailureOfAsync(VsockHost.ConnectAsync(DevicePath, 5000, Long))).Failure);
    }

    [Fact]
    public async Task A_path_that_can_be_no_sockets_is_refused()
    {
        var failure = await Assert.ThrowsAsync<VsockException>(() => VsockHost.ConnectAsync("/" + new string('x', 107), 1, Long).Within());

        Assert.Equal(VsockFailure.InvalidPath, failure.Failure);
    }

    private async Task<VsockException> FailureOfAsync(Task<Socket> connecting)
    {
        var failure = await Assert.ThrowsAsync<VsockException>(() => connecting.Within());
        Assert.Contains(DevicePath, failure.Message);
        return failure;
    }
}
