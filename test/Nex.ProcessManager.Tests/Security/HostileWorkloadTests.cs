using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Workloads;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Security;

/// <summary>
/// A program that tries to get at what is not its own, in each sandbox that is meant for such: it says which of its attempts came to something.
/// <c>none</c> promises nothing, and is not asked.
/// </summary>
public sealed class HostileWorkloadTests : IDisposable
{
    private const string Secret = "not for workloads";
    private const int VirtualPort = 5000;

    private readonly TempDirectory _directory = new();

    public static TheoryData<IsolatingSandbox> Sandboxes => [.. Enum.GetValues<IsolatingSandbox>()];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task No_file_of_the_node_or_of_another_user_is_reached_by_any_way(IsolatingSandbox sandbox)
    {
        string secret = _directory["secret"];
        await File.WriteAllTextAsync(secret, Secret);
        File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using RealManager host = await RealManager.StartAsync(sandbox.Options(_directory));

        IReadOnlyList<string> attempts = await host.RunAsync(
            "hostile", "files", secret, _directory.Path, host.Options.RunDirectory, host.Options.AgentPath, "/etc/shadow", "/root", "/home", "/var", "/proc/kcore", "/proc/kallsyms");

        AssertDenied(attempts, Kernel, "read", "write", "list", "open by handle");
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task Neither_the_agent_nor_any_process_outside_can_be_read_traced_signalled_or_seen(IsolatingSandbox sandbox)
    {
        await using RealManager host = await RealManager.StartAsync(sandbox.Options(_directory) with { PoolSize = 2 });
        RealWorkload other = await host.DeployAsync("tree", "polite");
        _ = await other.NumberAsync("ready");
        LiveProcess[] outside = [.. LiveProcesses.With(other.Id).Take(1), .. LiveProcesses.With(host.Options.RunDirectory).Take(1)];

        // That it comes to an end which is told at all is the proof that no signal has reached the agent.
        IReadOnlyList<string> attempts = await host.RunAsync(
            "hostile", ["processes", $"{Environment.ProcessId}", .. outside.Select(process => $"{process.Id}")]);

        AssertDenied(attempts, [], "read the memory of", "trace", "take a descriptor of", "limit", "signal", "read", "list");
        Assert.Empty(other.Observer.Exits.Reached);
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task Nothing_that_listens_on_the_host_is_reached(IsolatingSandbox sandbox)
    {
        string name = $"@nex-test-{Guid.NewGuid():N}";
        using var everywhere = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        everywhere.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        everywhere.Listen();
        using Socket hidden = Listen(new UnixDomainSocketEndPoint("\0" + name[1..])), named = Listen(new UnixDomainSocketEndPoint(_directory["socket"]));
        await using RealManager host = await RealManager.StartAsync(sandbox.Options(_directory));

        IReadOnlyList<string> attempts = await host.RunAsync(
            "hostile", ["network", $"{((IPEndPoint)everywhere.LocalEndPoint!).Port}", $"{VirtualPort}", name, _directory["socket"], .. Addresses()]);

        AssertDenied(attempts, [], "connect to", "connect to machine", "open raw");
        Assert.All(new[] { everywhere, hidden, named }, socket => Assert.False(socket.Poll(TimeSpan.Zero, SelectMode.SelectRead)));
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task No_privilege_is_gained(IsolatingSandbox sandbox)
    {
        await using RealManager host = await RealManager.StartAsync(sandbox.Options(_directory));

        // A kernel of its own may let it make namespaces of its own.
        string[] words = sandbox == IsolatingSandbox.Namespaces ? ["privileges", "namespaces"] : ["privileges"];
        IReadOnlyList<string> attempts = await host.RunAsync("hostile", words);

        AssertDenied(attempts, [], "become user", "gain capabilities", "leave the namespace of", "mount", "make device", "load a module", "raise the limit of processes", "write");
    }

    /// <summary>Each with the error by which the filter answers, which most of them would not fail with by themselves.</summary>
    [Fact]
    public async Task System_calls_that_reach_into_the_kernel_are_refused()
    {
        const string family = "Address family not supported by protocol", protocol = "Protocol not supported", forbidden = "Operation not permitted", absent = "Function not implemented";
        await using RealManager host = await RealManager.StartAsync(Sandbox.Namespaces);

        IReadOnlyList<string> attempts = await host.RunAsync("hostile", "calls");

        AssertDenied(attempts, [], "open socket of", "clone with", "clone3 with", "unshare", "call", "control terminal by", "read the log of");
        Assert.All(attempts.Where(line => line.StartsWith("denied open socket of", StringComparison.Ordinal)), line => Assert.EndsWith(family, line, StringComparison.Ordinal));
        Assert.All(
            new[]
            {
                $"open pair of machines: {family}", $"open internet protocol sctp: {protocol}", $"open internet protocol mptcp: {protocol}",
                $"open internet type packets: {protocol}", $"open netlink netfilter: {protocol}", $"unshare users: {forbidden}", $"clone with users: {forbidden}",
                $"clone3 with users: {absent}", $"call io_uring_setup: {absent}", $"call bpf: {forbidden}", $"call perf_event_open: {forbidden}",
                $"call userfaultfd: {forbidden}", $"call keyctl: {forbidden}", $"call add_key: {forbidden}", $"call request_key: {forbidden}",
                $"change personality to fixed addresses: {forbidden}", $"read the log of the kernel: {forbidden}", $"control terminal by TIOCSTI: {forbidden}",
            },
            attempt => Assert.Contains($"denied {attempt}", attempts));
        if (RuntimeInformation.ProcessArchitecture == Architecture.X64)
        {
            Assert.Contains($"denied call x32 getpid: {absent}", attempts);
            // The second where the kernel has no such calls.
            Assert.Matches("^denied call by interrupt getpid: (Bad system call|Segmentation fault)$", attempts[^1]);
        }
    }

    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task Whatever_can_be_written_to_is_bounded(IsolatingSandbox sandbox)
    {
        const int mebibytes = 2;
        await using RealManager host = await RealManager.StartAsync(
            sandbox.Options(_directory) with { WorkspaceBytes = mebibytes * 1024 * 1024 });

        IReadOnlyList<string> lines = await host.RunAsync("hostile", "space", $"{2 * mebibytes}");

        (string Directory, long Bytes)[] writable = [.. lines.Select(line => line.Split(' ')).Select(words => (words[1], long.Parse(words[2])))];
        Assert.Equal(["/dev/shm", "/tmp", "/work"], writable.Select(place => place.Directory).Order(StringComparer.Ordinal));
        Assert.All(writable, place => Assert.InRange(place.Bytes, 1, mebibytes * 1024 * 1024));
    }

    /// <summary>Processes that make processes, each of them, as fast as they can.</summary>
    [Theory]
    [MemberData(nameof(Sandboxes))]
    public async Task A_workload_that_only_makes_processes_has_so_many_harms_nobody_and_ends_whole(IsolatingSandbox sandbox)
    {
        // In namespaces, the agent's own threads are counted too, and what it does not need of them is room.
        const int limit = 100, agent = 6;
        await using RealManager host = await RealManager.StartAsync(sandbox.Options(_directory));
        RealWorkload crowd = await host.DeployAsync(
            new DeployRequest { Name = "crowd", Argv = ["crowd"], Limits = new WorkloadLimits { Pids = limit } }, "hostile");

        Assert.InRange(await crowd.NumberAsync("processes"), limit / 2, limit + agent);

        Assert.NotEmpty(await host.RunAsync("show", "group"));
        await host.Manager.StopProcessAsync(crowd.Id).Within();
        Assert.Equal(Signals.Terminate, (await crowd.Observer.ExitAsync()).Signal);
    }

    [Fact]
    public async Task A_workload_that_cripples_its_agent_ends_with_it_and_harms_nobody_else()
    {
        await using RealManager host = await RealManager.StartAsync(RealManager.OptionsOf(Sandbox.Namespaces) with { PoolSize = 2 });
        RealWorkload hostile = await host.DeployAsync("hostile", "cripple");

        _ = await hostile.Observer.ExitAsync();
        Assert.Equal(hostile.Id, (await host.Delegate.Exited.AtAsync(0)).Id);
        Assert.NotEmpty(await host.RunAsync("show", "group"));
    }

    /// <summary>It has no parent, no session and no descriptor, and ignores all signals that can be ignored.</summary>
    [Fact]
    public async Task A_process_that_nothing_ties_to_its_workload_ends_with_an_agent_that_is_killed()
    {
        string mark = $"mark-{Guid.NewGuid():N}";
        await using RealManager host = await RealManager.StartAsync(Sandbox.Namespaces);
        RealWorkload hostile = await host.DeployAsync("hostile", "linger", mark);
        _ = await hostile.Observer.Lines.FirstAsync(line => line.Text == "ready");
        ProcessIdentity[] processes = [.. LiveProcesses.With(mark).Select(process => process.Identity)];
        Assert.Equal(2, processes.Length);

        Assert.True(LiveProcesses.Agent(hostile.Id).Identity.TryKill());

        await LiveProcesses.EndAsync(processes);
        Assert.Empty(LiveProcesses.With(mark));
    }

    /// <summary>In namespaces, all calls for keys are refused besides.</summary>
    [Theory]
    [InlineData(Sandbox.None)]
    [InlineData(Sandbox.Namespaces)]
    public async Task The_keys_of_the_nodes_session_are_not_those_of_its_workloads(Sandbox sandbox)
    {
        string key = $"nex-test-{Guid.NewGuid():N}";
        await using NodeProgram node = await NodeProgram.StartWithKeyAsync(
            key, sandbox, _directory["run"], TestPrograms.Path("hostile"), "keys", $"find:{key}");

        _ = await node.Lines.FirstAsync(line => line.StartsWith("exit ", StringComparison.Ordinal));
        string[] attempts = [.. node.Lines.Reached.Where(line => line.StartsWith("line ", StringComparison.Ordinal)).Select(line => line["line ".Length..])];

        AssertDenied(attempts, [], "find key");
    }

    [Fact]
    public async Task Two_workloads_share_no_key()
    {
        string key = $"nex-test-{Guid.NewGuid():N}";
        await using RealManager host = await RealManager.StartAsync(Sandbox.Namespaces);
        RealWorkload first = await host.DeployAsync("hostile", "keys", $"add:{key}", "hold");
        _ = await first.Observer.Lines.FirstAsync(line => line.Text == "ready");

        AssertDenied(await host.RunAsync("hostile", "keys", $"find:{key}"), [], "find key");
    }

    private static Socket Listen(EndPoint place)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(place);
        socket.Listen();
        if (place is UnixDomainSocketEndPoint { } named && named.ToString() is ['/', ..] path)
        {
            File.SetUnixFileMode(path, (UnixFileMode)0x1B6);
        }

        return socket;
    }

    /// <summary>Those of this host, the loopback interface's among them.</summary>
    private static string[] Addresses() =>
    [
        .. NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(device => device.GetIPProperties().UnicastAddresses)
            .Where(address => address.Address.AddressFamily == AddressFamily.InterNetwork)
            .Select(address => address.Address.ToString()),
    ];

    /// <summary>No attempt came to anything, and attempts of each kind were made.</summary>
    private static void AssertDenied(IReadOnlyList<string> attempts, IReadOnlyList<string> allowed, params string[] kinds)
    {
        Assert.Empty(attempts.Where(line => line.StartsWith("got ", StringComparison.Ordinal)).Except(allowed));
        Assert.All(kinds, kind => Assert.Contains(attempts, line => line.StartsWith($"denied {kind} ", StringComparison.Ordinal)));
    }

    /// <summary>What every kernel shows everybody, without what is secret in it.</summary>
    private static IReadOnlyList<string> Kernel { get; } =
        [.. new[] { "", "/proc/self/root", "/proc/self/cwd/../../../.." }.Select(root => $"got read {root}/proc/kallsyms")];
}
