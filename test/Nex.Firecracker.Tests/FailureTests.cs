using System.Net.Sockets;
using System.Text.Json;
using Nex.Firecracker.Api;
using Nex.Firecracker.Tests.Support;
using Nex.Testing.Waiting;

namespace Nex.Firecracker.Tests;

/// <summary>Calls that come to nothing, and what is said of it.</summary>
public sealed class FailureTests : ClientTest
{
    [Fact]
    public async Task A_refusal_has_its_reason()
    {
        Server.Answer(400, """{"fault_message":"The kernel file cannot be opened: No such file"}""");

        FirecrackerException failure = await FailureOfAsync(Connect().PutBootSourceAsync(new BootSource { KernelImagePath = "/none" }));

        Assert.Equal((FirecrackerFailure.Refused, "PUT /boot-source", 400), (failure.Failure, failure.Call, failure.Status));
        Assert.Equal("The kernel file cannot be opened: No such file", failure.FaultMessage);
        Assert.Contains("PUT /boot-source", failure.Message);
        Assert.Contains("The kernel file cannot be opened: No such file", failure.Message);
    }

    [Fact]
    public async Task Metadata_that_does_not_exist_is_refused_too()
    {
        Server.Answer(404, """{"fault_message":"The MMDS data store is not initialized."}""");

        FirecrackerException failure = await FailureOfAsync(Connect().GetMmdsAsync());

        Assert.Equal((FirecrackerFailure.Refused, 404), (failure.Failure, failure.Status));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no JSON")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"fault_message\":{}}")]
    public async Task A_refusal_without_a_reason_is_one_all_the_same(string answer)
    {
        Server.Answer(500, answer);

        FirecrackerException failure = await FailureOfAsync(Connect().PauseAsync());

        Assert.Equal((FirecrackerFailure.Refused, 500), (failure.Failure, failure.Status));
        Assert.Null(failure.FaultMessage);
    }

    [Fact]
    public async Task What_a_hostile_process_says_stays_short_and_on_one_line()
    {
        string fault = "first\n2026-01-01 forged line\u001b[2J" + new string('x', 100_000);
        Server.Answer(400, JsonSerializer.Serialize(new Dictionary<string, string> { ["fault_message"] = fault }));

        FirecrackerException failure = await FailureOfAsync(Connect().PauseAsync());

        Assert.Equal(fault, failure.FaultMessage);
        Assert.DoesNotContain(failure.Message, char.IsControl);
        Assert.InRange(failure.Message.Length, 1000, 1500);
    }

    [Fact]
    public async Task After_a_refusal_the_client_goes_on()
    {
        FirecrackerClient client = Connect();
        Server.Answer(400, """{"fault_message":"not now"}""");
        _ = await FailureOfAsync(client.PauseAsync());
        Server.OnRequest = static (_, connection) => connection.SendAsync(ApiServer.NoContent);

        await client.PauseAsync().Within();

        Assert.Single(Server.Connections.Reached);
    }

    [Fact]
    public async Task A_process_with_no_place_left_is_told_from_one_that_is_gone()
    {
        Server.IsFull = true;

        FirecrackerException failure = await FailureOfAsync(Connect().StartInstanceAsync());

        Assert.Equal((FirecrackerFailure.TooManyConnections, 503), (failure.Failure, failure.Status));
        Assert.Contains("10", failure.Message);
    }

    [Fact]
    public async Task So_it_is_when_it_takes_nothing_of_what_is_sent()
    {
        // More than the kernel keeps for a connection: sending fails before there is an answer to be read.
        Server.IsFull = true;
        FirecrackerClient client = Connect(new FirecrackerClientOptions { MaxRequestBytes = 16 * 1024 * 1024 });

        FirecrackerException failure = await FailureOfAsync(
            client.PutMmdsAsync(JsonDocument.Parse($$"""{"a":"{{new string('x', 8 * 1024 * 1024)}}"}""").RootElement));

        Assert.Equal((FirecrackerFailure.TooManyConnections, 503), (failure.Failure, failure.Status));
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 2")]
    [InlineData("HTTP/1.1 200 \r\nContent-Length: 100\r\n")]
    [InlineData("HTTP/1.1 200 \r\nContent-Length: 100\r\n\r\n{\"firecracker_version\":")]
    [InlineData("HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"fir\r\n")]
    public async Task A_connection_that_ends_before_its_answer_does_means_that_the_process_is_gone(string answer)
    {
        Server.OnRequest = async (_, connection) =>
        {
            await connection.SendAsync(answer);
            connection.Close();
        };

        FirecrackerException failure = await FailureOfAsync(Connect().GetVersionAsync());

        Assert.Equal((FirecrackerFailure.ProcessGone, "GET /version"), (failure.Failure, failure.Call));
    }

    [Fact]
    public async Task So_does_a_connection_that_is_reset()
    {
        // A socket that is closed with something unread in it resets the other end. The second half of the request is what is not read.
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        string path = PathOf("reset.sock");
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        using var client = new FirecrackerClient(path);
        Task call = client.PutMmdsAsync(JsonDocument.Parse($$"""{"a":"{{new string('x', 50_000)}}"}""").RootElement);
        using (Socket socket = await listener.AcceptAsync().Within())
        {
            Assert.Equal(1, await socket.ReceiveAsync(new byte[1]).Within());
        }

        var failure = await Assert.ThrowsAsync<FirecrackerException>(() => call.Within());

        Assert.Equal((FirecrackerFailure.ProcessGone, "PUT /mmds"), (failure.Failure, failure.Call));
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("{}\n")]
    [InlineData("HTTP/1.1 abc\r\n\r\n")]
    [InlineData("HTTP/1.1 200 \r\nno header\r\n\r\n")]
    public async Task Garbage_is_no_answer(string answer)
    {
        Server.OnRequest = async (_, connection) =>
        {
            await connection.SendAsync(answer);
            await connection.WaitForEndAsync();
        };

        Assert.Equal(FirecrackerFailure.InvalidAnswer, (await FailureOfAsync(Connect().GetVersionAsync())).Failure);
    }

    [Fact]
    public async Task A_redirection_is_no_answer_and_is_not_followed()
    {
        Server.OnRequest = static (_, connection) => connection.SendAsync("HTTP/1.1 301 \r\nLocation: http://localhost/elsewhere\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(FirecrackerFailure.InvalidAnswer, (await FailureOfAsync(Connect().GetVersionAsync())).Failure);
        Assert.Single(Server.Requests.Reached);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 \r\nContent-Length: 1000000000\r\n\r\n")]
    [InlineData("HTTP/1.1 200 \r\n\r\n")]
    [InlineData("HTTP/1.1 400 \r\nContent-Length: 1000000000\r\n\r\n")]
    [InlineData("HTTP/1.1 200 \r\nX: ")]
    public async Task An_answer_without_end_is_cut_off(string head)
    {
        long sent = 0;
        byte[] part = new byte[64 * 1024];
        Array.Fill(part, (byte)'x');
        Server.OnRequest = async (_, connection) =>
        {
            await connection.SendAsync(head);
            while (true)
            {
                await connection.SendAsync(part);
                sent += part.Length;
            }
        };

        FirecrackerException failure = await FailureOfAsync(Connect().GetVersionAsync());

        Assert.Equal(FirecrackerFailure.InvalidAnswer, failure.Failure);
        await Server.Ends.AtAsync(0);
        Assert.InRange(sent, 0, 4 * 1024 * 1024);
    }

    [Fact]
    public async Task A_body_that_Firecracker_would_not_read_is_not_sent()
    {
        FirecrackerClient client = Connect();
        int frame = """{"a":""}""".Length;
        JsonElement largest = JsonDocument.Parse($$"""{"a":"{{new string('x', 51_200 - frame)}}"}""").RootElement;
        JsonElement larger = JsonDocument.Parse($$"""{"a":"{{new string('x', 51_201 - frame)}}"}""").RootElement;

        await client.PutMmdsAsync(largest).Within();
        FirecrackerException failure = await FailureOfAsync(client.PutMmdsAsync(larger));

        Assert.Equal((FirecrackerFailure.InvalidRequest, "PUT /mmds"), (failure.Failure, failure.Call));
        Assert.Contains("51201", failure.Message);
        Assert.Equal(51_200, Assert.Single(Server.Requests.Reached).Body.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a-b")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("a b")]
    [InlineData("a?b")]
    [InlineData("größe")]
    [InlineData("a\r\nHost: b")]
    public async Task An_id_that_can_be_none_is_not_sent(string id)
    {
        FirecrackerClient client = Connect();

        foreach (Task call in new[]
        {
            client.PutDriveAsync(new Drive { DriveId = id, IsRootDevice = false }),
            client.PatchDriveAsync(new DriveUpdate { DriveId = id }),
            client.PutPmemAsync(new PmemDevice { Id = id, PathOnHost = "/p" }),
            client.PatchPmemAsync(new PmemDeviceUpdate { Id = id }),
            client.PutNetworkInterfaceAsync(new NetworkInterface { IfaceId = id, HostDevName = "tap0" }),
            client.PatchNetworkInterfaceAsync(new NetworkInterfaceUpdate { IfaceId = id }),
        })
        {
            Assert.Equal(FirecrackerFailure.InvalidRequest, (await FailureOfAsync(call)).Failure);
        }

        Assert.Empty(Server.Connections.Reached);
    }

    [Fact]
    public async Task Metadata_is_an_object()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Connect().PutMmdsAsync(JsonDocument.Parse("[1]").RootElement));
        await Assert.ThrowsAsync<ArgumentException>(() => Connect().PutCpuConfigurationAsync(default));
    }

    [Fact]
    public async Task A_socket_that_is_not_there_cannot_be_reached()
    {
        using var client = new FirecrackerClient(PathOf("none.sock"));

        var failure = await Assert.ThrowsAsync<FirecrackerException>(() => client.GetVersionAsync().Within());

        Assert.Equal(FirecrackerFailure.Unreachable, failure.Failure);
        Assert.Contains(PathOf("none.sock"), failure.Message);
    }

    [Fact]
    public async Task A_socket_on_which_nobody_listens_any_more_is_that_of_a_process_that_is_gone()
    {
        using var left = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        left.Bind(new UnixDomainSocketEndPoint(PathOf("left.sock")));
        using var client = new FirecrackerClient(PathOf("left.sock"));

        var failure = await Assert.ThrowsAsync<FirecrackerException>(() => client.GetVersionAsync().Within());

        Assert.Equal(FirecrackerFailure.ProcessGone, failure.Failure);
    }

    [Theory]
    [InlineData("api.sock")]
    [InlineData("")]
    [InlineData("/tmp/a\0b")]
    public void A_path_that_can_be_no_sockets_is_refused(string path) =>
        Assert.Throws<ArgumentException>(() => new FirecrackerClient(path));

    [Fact]
    public void A_path_has_at_most_107_bytes()
    {
        new FirecrackerClient("/" + new string('x', 106)).Dispose();

        var failure = Assert.Throws<ArgumentException>(() => new FirecrackerClient("/" + new string('x', 105) + "ö"));
        Assert.Contains("108 bytes", failure.Message);
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Connect(new FirecrackerClientOptions { Timeout = TimeSpan.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Connect(new FirecrackerClientOptions { SnapshotTimeout = TimeSpan.FromSeconds(-1) }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Connect(new FirecrackerClientOptions { MaxConnections = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Connect(new FirecrackerClientOptions { MaxConnections = 11 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Connect(new FirecrackerClientOptions { MaxRequestBytes = 0 }));
    }
}
