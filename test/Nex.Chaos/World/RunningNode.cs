using System.Text.Json.Nodes;
using Nex.Linux;
using Nex.Linux.Processes;
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
    private ProgramUnderTest? _program;

    private RunningNode(ChaosOptions options, string natsUrl, string directory)
    {
        _options = options;
        _natsUrl = natsUrl;
        _directory = directory;
    }

    internal int ProcessId => _program!.ProcessId;

    internal Task<ProcessExit> Exited => _program!.Exited;

    /// <summary>What it has written, from its last start on.</summary>
    internal IReadOnlyList<string> Lines => _program!.Lines.Reached;

    internal string RunDirectory => Path.Combine(_directory, "run");

    internal static async Task<RunningNode> StartAsync(ChaosOptions options, string natsUrl, string directory)
    {
        var node = new RunningNode(options, natsUrl, directory);
        await node.StartAsync();
        return node;
    }

    internal async Task StartAsync()
    {
        string configuration = Path.Combine(_directory, "node.json");
        await File.WriteAllTextAsync(configuration, Configuration().ToJsonString());
        _program = await ProgramUnderTest.StartAsync(
            Path.Combine(_options.Artifacts, "bin/Nex.Cli/release/nex"), ["--server", _natsUrl, "node", "up", "--config", configuration]);
    }

    internal async Task KillAsync()
    {
        ProcessIdentity[] below = [.. LiveProcesses.DescendantsOf(ProcessId).Select(process => process.Identity)];
        await _program!.KillAsync();
        // With the node ends all that it had started.
        await LiveProcesses.EndAsync(below);
    }

    /// <summary>Asks it to end.</summary>
    /// <returns>How it did.</returns>
    internal async Task<ProcessExit> StopAsync()
    {
        _ = _program!.Signal(Signals.Terminate);
        await Deadline.Within(Exited, StopTimeout);
        return await _program.EndAsync();
    }

    public ValueTask DisposeAsync() => _program?.DisposeAsync() ?? ValueTask.CompletedTask;

    private JsonObject Configuration() => new()
    {
        ["sandbox"] = _options.Sandbox.ToString().ToLowerInvariant(),
        ["machine_pool_size"] = _options.PoolSize,
        ["workload_types"] = new JsonArray("elf"),
        ["data_dir"] = Path.Combine(_directory, "data"),
        ["run_dir"] = RunDirectory,
        ["agent_path"] = Path.Combine(_options.Artifacts, "native/nex-agent"),
        ["kernel_filepath"] = Path.Combine(_options.Artifacts, "guest/kernel/vmlinuz"),
        ["initramfs_filepath"] = Path.Combine(_options.Artifacts, "guest/initramfs"),
        // An agent that is stopped is found out within seconds.
        ["ping_interval_ms"] = 1000,
        ["ping_timeout_ms"] = _options.IsMachine ? 20_000 : 3000,
        ["max_start_backoff_ms"] = 2000,
    };
}
