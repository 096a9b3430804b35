using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.Chaos.World;

/// <summary>The built <c>nex node up</c>, which can be killed and started again as the same node.</summary>
internal sealed class RunningNode : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromMinutes(1);

    private readonly ChaosOptions _options;
    private readonly string _natsUrl;
    private readonly string _directory;
    private readonly HostWithFirecracker? _firecracker;
    private readonly int _metricsPort = FreePort();
    private ProgramUnderTest? _program;
    private int _linesKept;
    private readonly HashSet<ProcessIdentity> _lives = [];

    private RunningNode(ChaosOptions options, string natsUrl, TempDirectory directory)
    {
        _options = options;
        _natsUrl = natsUrl;
        _directory = directory.Path;
        _firecracker = HostWithFirecracker.Of(options.Sandbox, directory);
    }

    internal Uri MetricsUrl => new($"http://127.0.0.1:{_metricsPort}/metrics");

    internal int ProcessId => _program!.ProcessId;

    internal ProcessIdentity Identity { get; private set; }

    /// <summary>All that it has been, from its first start on.</summary>
    internal IReadOnlySet<ProcessIdentity> Lives => _lives;

    internal Task<ProcessExit> Exited => _program!.Exited;

    /// <summary>What it has written, from its last start on.</summary>
    internal IReadOnlyList<string> Lines => _program!.Lines.Reached;

    internal string RunDirectory => Path.Combine(_directory, "run");

    internal string DataDirectory => Path.Combine(_directory, "data");

    internal string TemporaryDirectory => Path.Combine(_directory, "tmp");

    internal static async Task<RunningNode> StartAsync(ChaosOptions options, string natsUrl, TempDirectory directory)
    {
        var node = new RunningNode(options, natsUrl, directory);
        await node.StartAsync();
        return node;
    }

    internal async Task StartAsync()
    {
        string configuration = Path.Combine(_directory, "node.json");
        await File.WriteAllTextAsync(configuration, Configuration().ToJsonString());
        string nex = Path.Combine(_options.Artifacts, "native/nex");
        string[] arguments = ["--server", _natsUrl, "node", "up", "--config", configuration];
        (string program, IReadOnlyList<string> its) = _firecracker?.CommandOf(nex, arguments) ?? (nex, arguments);
        _ = Directory.CreateDirectory(TemporaryDirectory);
        _program = await ProgramUnderTest.StartAsync(program, its, new Dictionary<string, string> { ["TMPDIR"] = TemporaryDirectory });
        _linesKept = 0;
        Identity = ProcessIdentity.TryGet(ProcessId) ?? throw new InvalidOperationException("The node has ended at once.");
        _ = _lives.Add(Identity);
    }

    internal bool Signal(int signal) => _program!.Signal(signal);

    internal async Task KillAsync()
    {
        ProcessIdentity[] below = [.. LiveProcesses.DescendantsOf(ProcessId).Select(process => process.Identity)];
        await _program!.KillAsync();
        await KeepLogAsync();
        // With the node ends all that it had started.
        await LiveProcesses.EndAsync(below);
    }

    /// <summary>Asks it to end.</summary>
    /// <returns>How it did.</returns>
    internal async Task<ProcessExit> StopAsync()
    {
        _ = _program!.Signal(Signals.Terminate);
        await Deadline.Within(Exited, StopTimeout);
        ProcessExit exit = await _program.EndAsync();
        await KeepLogAsync();
        return exit;
    }

    public async ValueTask DisposeAsync()
    {
        if (_program is not null)
        {
            await _program.DisposeAsync();
            await KeepLogAsync();
        }
    }

    /// <summary>Keeps what it has written since its last start, for whoever looks into what happened.</summary>
    private async Task KeepLogAsync()
    {
        string[] lines = [.. Lines.Skip(_linesKept)];
        _linesKept += lines.Length;
        await File.AppendAllLinesAsync(_options.OutputPath("log"), lines);
    }

    private JsonObject Configuration() => new()
    {
        ["sandbox"] = _options.SandboxName,
        ["machine_pool_size"] = _options.PoolSize,
        ["workload_types"] = new JsonArray("elf"),
        ["data_dir"] = DataDirectory,
        ["run_dir"] = RunDirectory,
        ["agent_path"] = Path.Combine(_options.Artifacts, "native/nex-agent"),
        ["kernel_filepath"] = Path.Combine(_options.Artifacts, _firecracker is null ? "guest/kernel/vmlinuz" : "guest/kernel/vmlinux"),
        ["initramfs_filepath"] = Path.Combine(_options.Artifacts, "guest/initramfs"),
        ["template_dir"] = Path.Combine(_options.Artifacts, "guest/templates"),
        ["firecracker_path"] = _firecracker?.Path ?? "firecracker",
        // An agent that is stopped is found out within seconds, before it is warm and then.
        ["boot_timeout_ms"] = 20_000,
        ["ping_interval_ms"] = 1000,
        ["ping_timeout_ms"] = _options.IsMachine ? 10_000 : 3000,
        ["max_start_backoff_ms"] = 2000,
        ["otel_metrics"] = true,
        ["otel_metrics_port"] = _metricsPort,
    };

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
