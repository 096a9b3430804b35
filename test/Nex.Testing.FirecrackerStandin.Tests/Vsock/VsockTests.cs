using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Nex.Testing.FirecrackerStandin.Tests.Support;
using Nex.Testing.Waiting;

namespace Nex.Testing.FirecrackerStandin.Tests.Vsock;

public sealed class VsockTests(SharedGuest shared)
{
    private const int GuestPort = 7000;

    [Fact]
    public async Task The_host_reaches_a_port_of_the_guest()
    {
        TestGuest guest = await shared.GetAsync();
        await guest.ServeAsync(GuestPort);

        using Socket socket = await guest.RequestAsync($"CONNECT {GuestPort}\nand at once\n");

        Assert.Matches("^OK [0-9]+$", await TestGuest.ReadLineAsync(socket));
        Assert.Equal("and at once", await TestGuest.ReadLineAsync(socket));
        socket.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await socket.ReceiveAsync(new byte[1]).Within());
    }

    [Theory]
    [InlineData("CONNECT 7001\n")]
    [InlineData("CONNECT\n")]
    [InlineData("CONNECT many\n")]
    [InlineData("CONNECT 7000")]
    [InlineData("HELLO 7000\n")]
    [InlineData("A line that is much longer than any request for a port can be\n")]
    public async Task Who_asks_for_what_nobody_serves_is_disconnected(string request)
    {
        TestGuest guest = await shared.GetAsync();
        using Socket socket = await guest.RequestAsync(request);

        Assert.Equal(0, await ReceiveEndAsync(socket));
    }

    [Fact]
    public async Task A_guest_that_dials_what_nobody_serves_is_refused_until_somebody_does()
    {
        TestGuest guest = await shared.GetAsync();
        Assert.Equal("refused", await guest.AskAsync("flood 5002"));

        using (Socket listener = await FloodAsync(guest, 5002))
        {
            using Socket flooded = await listener.AcceptAsync().Within();
        }

        // One on which nobody listens any more: the guest's kernel cannot know that, and the guest finds its connection ended.
        await AnswerAsync(guest, "flood 5002", "refused");
        await File.WriteAllTextAsync($"{guest.Vsock}_5002", "");
        await AnswerAsync(guest, "flood 5002", "flooding");
        Assert.Equal("still here", await guest.AskAsync("still here"));
        File.Delete($"{guest.Vsock}_5002");
    }

    [Fact]
    public async Task Megabytes_go_both_ways_at_once_and_none_is_changed()
    {
        TestGuest guest = await shared.GetAsync();
        await guest.ServeAsync(GuestPort);
        using Socket socket = await guest.RequestAsync($"CONNECT {GuestPort}\n");
        _ = await TestGuest.ReadLineAsync(socket);
        byte[] sent = RandomNumberGenerator.GetBytes(2 << 20), received = new byte[sent.Length];

        Task sending = Task.Run(async () =>
        {
            for (int done = 0; done < sent.Length;)
            {
                done += await socket.SendAsync(sent.AsMemory(done));
            }
        });
        for (int done = 0; done < received.Length;)
        {
            int count = await socket.ReceiveAsync(received.AsMemory(done)).Within();
            Assert.True(count > 0, $"It ended after {done} bytes.");
            done += count;
        }

        await sending.Within();
        Assert.Equal(Convert.ToHexString(SHA256.HashData(sent)), Convert.ToHexString(SHA256.HashData(received)));
    }

    [Fact]
    public async Task A_reader_that_does_not_read_stalls_no_connection_but_its_own()
    {
        TestGuest guest = await shared.GetAsync();
        using Socket listener = await FloodAsync(guest, 5001);
        using Socket flooded = await listener.AcceptAsync().Within();
        await guest.ServeAsync(GuestPort);

        // Nor does one to which the guest cannot write.
        using Socket deaf = await guest.RequestAsync($"CONNECT {GuestPort}\n");
        _ = await TestGuest.ReadLineAsync(deaf);
        await FillAsync(deaf);

        for (int time = 0; time < 10; time++)
        {
            Assert.Equal($"time {time}", await guest.AskAsync($"time {time}"));
        }
    }

    [Fact]
    public async Task Many_connections_are_open_at_once()
    {
        TestGuest guest = await shared.GetAsync();
        await guest.ServeAsync(GuestPort);
        var sockets = new List<Socket>();
        for (int number = 0; number < 30; number++)
        {
            sockets.Add(await guest.RequestAsync($"CONNECT {GuestPort}\n"));
        }

        for (int number = 0; number < sockets.Count; number++)
        {
            Assert.StartsWith("OK ", await TestGuest.ReadLineAsync(sockets[number]), StringComparison.Ordinal);
            _ = await sockets[number].SendAsync(Encoding.ASCII.GetBytes($"number {number}\n"));
        }

        for (int number = 0; number < sockets.Count; number++)
        {
            Assert.Equal($"number {number}", await TestGuest.ReadLineAsync(sockets[number]));
            sockets[number].Dispose();
        }
    }

    /// <summary>Has the guest send to a port of the host without end.</summary>
    private static async Task<Socket> FloodAsync(TestGuest guest, int port)
    {
        Socket listener = guest.Listen(port);
        await AnswerAsync(guest, $"flood {port}", "flooding");
        return listener;
    }

    /// <summary>Asks until the answer is this: the guest's kernel hears of who listens on the host a moment later.</summary>
    private static async Task AnswerAsync(TestGuest guest, string question, string answer) => await Task.Run(async () =>
    {
        while (await guest.AskAsync(question) != answer)
        {
        }
    }).Within($"{question}: {answer}");

    /// <summary>Sends until nothing more is taken.</summary>
    private static async Task FillAsync(Socket socket)
    {
        byte[] bytes = new byte[65_536];
        socket.Blocking = false;
        // What is taken at most: the buffers of two sockets, and the windows in between.
        const int limit = 16 << 20;
        int sent = 0;
        while (sent < limit)
        {
            Task<int> sending = socket.SendAsync(bytes);
            if (await Task.WhenAny(sending, Task.Run(() => { })) != sending && !sending.IsCompleted)
            {
                return;
            }

            sent += await sending;
        }

        Assert.Fail($"{sent} bytes were taken, and nobody reads them.");
    }

    private static async Task<int> ReceiveEndAsync(Socket socket)
    {
        try
        {
            return await socket.ReceiveAsync(new byte[1]).Within("the connection ended");
        }
        catch (SocketException failure) when (failure.SocketErrorCode == SocketError.ConnectionReset)
        {
            // What it had sent was not read.
            return 0;
        }
    }
}
