using System.Net.Sockets;
using System.Text;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.Testing.FirecrackerStandin.Tests.Support;

/// <summary>A guest that runs the program of ../Guest, and the connection that it has opened.</summary>
internal sealed class TestGuest : IAsyncDisposable
{
    /// <summary>The port that the guest dials.</summary>
    internal const int LinkPort = 5000;

    private readonly TempDirectory _directory;
    private readonly Socket _listener;
    private readonly HashSet<int> _served = [];
    private Socket? _link;

    private TestGuest(TempDirectory directory, StandinProcess standin, string name)
    {
        _directory = directory;
        Standin = standin;
        Vsock = directory[$"{name}.vsock"];
        _listener = Listen(LinkPort);
    }

    internal StandinProcess Standin { get; }

    internal ApiClient Api => Standin.Api;

    /// <summary>The socket for who wants to reach the guest.</summary>
    internal string Vsock { get; }

    /// <summary>Starts a standin for a guest that is not configured yet.</summary>
    internal static async Task<TestGuest> PrepareAsync(TempDirectory directory, string name = "guest") =>
        new(directory, await StandinProcess.StartAsync(directory[$"{name}.api"], "--id", name), name);

    /// <summary>Starts a guest, and waits until it has said hello.</summary>
    internal static async Task<TestGuest> BootAsync(TempDirectory directory, Func<ApiClient, Task>? configureAsync = null)
    {
        KernelFiles.Require();
        return await TryAsync(await PrepareAsync(directory), async guest =>
        {
            await guest.ConfigureAsync();
            await (configureAsync?.Invoke(guest.Api) ?? Task.CompletedTask);
            await guest.Api.MustPutAsync("/actions", """{"action_type": "InstanceStart"}""");
            Assert.Equal("hello 1", await guest.AcceptAsync());
        });
    }

    /// <summary>Starts a copy of the guest of a snapshot.</summary>
    internal static async Task<TestGuest> LoadAsync(TempDirectory directory, string name, bool resume = true) => await TryAsync(
        await PrepareAsync(directory, name), copy => copy.Api.MustPutAsync("/snapshot/load", copy.LoadRequest(resume)));

    /// <summary>Configures the guest, up to its start.</summary>
    internal async Task ConfigureAsync()
    {
        await Api.MustPutAsync("/machine-config", """{"vcpu_count": 1, "mem_size_mib": 128}""");
        await Api.MustPutAsync("/boot-source", $$"""
            {"kernel_image_path": "{{KernelFiles.Kernel}}", "initrd_path": "{{KernelFiles.WriteInitrd(_directory)}}",
             "boot_args": "console=ttyS0 reboot=k panic=1 quiet loglevel=1"}
            """);
        await Api.MustPutAsync("/vsock", $$"""{"guest_cid": 3, "uds_path": "{{Vsock}}"}""");
    }

    /// <summary>Takes a snapshot of this guest, which stays paused.</summary>
    internal async Task SnapshotAsync()
    {
        await Api.MustPatchAsync("/vm", """{"state": "Paused"}""");
        await Api.MustPutAsync(
            "/snapshot/create", $$"""{"snapshot_path": "{{_directory["state"]}}", "mem_file_path": "{{_directory["memory"]}}"}""");
    }

    /// <summary>The request that makes this guest a copy.</summary>
    internal string LoadRequest(bool resume = true) => $$"""
        {"snapshot_path": "{{_directory["state"]}}", "mem_backend": {"backend_type": "File", "backend_path": "{{_directory["memory"]}}" },
         "resume_vm": {{(resume ? "true" : "false")}}, "vsock_override": {"uds_path": "{{Vsock}}"} }
        """;

    /// <summary>Has the guest send back whatever comes to one of its ports, from now on.</summary>
    internal async Task ServeAsync(int port)
    {
        if (_served.Add(port))
        {
            Assert.Equal("serving", await AskAsync($"serve {port}"));
        }
    }

    /// <summary>Waits until the guest dials, and returns the first line that it says.</summary>
    internal async Task<string> AcceptAsync()
    {
        _link?.Dispose();
        _link = await _listener.AcceptAsync().Within("the guest dialled");
        return await ReadLineAsync();
    }

    /// <summary>Tells the guest something, and returns its answer.</summary>
    internal async Task<string> AskAsync(string line)
    {
        await TellAsync(line);
        return await ReadLineAsync();
    }

    internal async Task TellAsync(string line) => await _link!.SendAsync(Encoding.ASCII.GetBytes(line + "\n"));

    internal Task<string> ReadLineAsync() => ReadLineAsync(_link!);

    internal static async Task<string> ReadLineAsync(Socket socket)
    {
        string line = "";
        byte[] one = new byte[1];
        while (await socket.ReceiveAsync(one).Within($"the rest of a line that begins with \"{line}\"") == 1 && one[0] != '\n')
        {
            line += (char)one[0];
        }

        return line;
    }

    /// <summary>Serves a port of the host.</summary>
    internal Socket Listen(int port)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint($"{Vsock}_{port}"));
        socket.Listen();
        return socket;
    }

    /// <summary>Asks for a port of the guest.</summary>
    internal async Task<Socket> RequestAsync(string request)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Vsock));
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        return socket;
    }

    /// <summary>A guest that does not come up must not stay.</summary>
    private static async Task<TestGuest> TryAsync(TestGuest guest, Func<TestGuest, Task> startAsync)
    {
        try
        {
            await startAsync(guest);
            return guest;
        }
        catch
        {
            await guest.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Standin.DisposeAsync();
        _link?.Dispose();
        _listener.Dispose();
    }
}
