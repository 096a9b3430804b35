using Nex.Control.Connections;
using Nex.Linux.Processes;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Hosting;

/// <summary>A node as `nex node up` runs it, in a process of its own, with a private nats-server and agents without a sandbox.</summary>
internal sealed class NexProgram : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();

    private NexProgram()
    {
    }

    internal ProgramUnderTest Program { get; private set; } = null!;

    internal string DataDirectory => _directory["data"];

    /// <summary>As it said itself when it was up.</summary>
    internal string Id { get; private set; } = "";

    internal LocalNode Server => LocalNode.Find(DataDirectory) ?? throw new InvalidOperationException("The node has written no context.");

    internal NatsSettings Connection => new() { Servers = [Server.Url], NKeyFile = Server.NKeyFile };

    internal static async Task<NexProgram> StartAsync(params string[] more)
    {
        var node = new NexProgram();
        await node.StartAgainAsync(more);
        return node;
    }

    /// <summary>Runs it to its end, for what it says.</summary>
    internal static async Task<(ProcessExit Exit, string Text)> RunAsync(TempDirectory directory, params string[] arguments)
    {
        await using ProgramUnderTest program = await StartAsync(directory, arguments);
        ProcessExit exit = await program.EndAsync();
        return (exit, string.Join('\n', program.Lines.Reached));
    }

    internal async Task StartAgainAsync(params string[] more)
    {
        if (Program is not null)
        {
            await Program.DisposeAsync();
        }

        Program = await StartAsync(_directory, [.. Arguments(_directory), .. more]);
        string up = await Program.LineAsync(line => line.Contains(" is up: ", StringComparison.Ordinal)).Within();
        Id = up.Split("Node ")[1].Split(' ')[0];
    }

    /// <summary>What makes a node of its own of that directory.</summary>
    internal static string[] Arguments(TempDirectory directory) =>
    [
        "node", "up", "--sandbox", "none", "--data-dir", directory["data"], "--agent", Path.Combine(AppContext.BaseDirectory, "nex-agent"),
        "--set", $"run_dir={directory["run"]}",
    ];

    /// <summary>Its agents, its nats-server, and all else that it has started.</summary>
    internal IReadOnlyList<ProcessIdentity> Descendants() => [.. LiveProcesses.DescendantsOf(Program.ProcessId).Select(process => process.Identity)];

    public async ValueTask DisposeAsync()
    {
        await Program.DisposeAsync();
        _directory.Dispose();
    }

    private static Task<ProgramUnderTest> StartAsync(TempDirectory directory, IReadOnlyList<string> arguments) => ProgramUnderTest.StartAsync(
        Path.Combine(AppContext.BaseDirectory, "nex"), arguments, new Dictionary<string, string> { ["HOME"] = directory.Path, ["XDG_CONFIG_HOME"] = directory.Path });
}
