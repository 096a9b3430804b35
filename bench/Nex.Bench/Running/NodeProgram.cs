using System.Globalization;
using Nex.Bench.Harness;
using Nex.Linux;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.Bench.Running;

/// <summary>A node as <c>nex node up</c> runs it: the native program, on a nats-server beside it.</summary>
internal sealed class NodeProgram : IAsyncDisposable
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(100);
    private readonly ProgramUnderTest _program;

    private NodeProgram(ProgramUnderTest program, string id)
    {
        _program = program;
        Id = id;
    }

    internal string Id { get; }

    internal int ProcessId => _program.ProcessId;

    /// <summary>Starts one, and waits until it takes requests.</summary>
    internal static async Task<NodeProgram> StartAsync(BenchContext context, RunningNats nats, int poolSize = 2)
    {
        string home = context.Workspace.NewPath("node");
        Directory.CreateDirectory(home);
        string[] arguments =
        [
            "node", "up", "--server", nats.Url, "--sandbox", "none", "--pool-size", poolSize.ToString(CultureInfo.InvariantCulture),
            "--data-dir", Path.Combine(home, "data"), "--agent", context.AgentProgram, "--set", $"run_dir={Path.Combine(home, "run")}",
        ];
        ProgramUnderTest program = await ProgramUnderTest.StartAsync(
            context.NexProgram, arguments, new Dictionary<string, string> { ["HOME"] = home, ["XDG_CONFIG_HOME"] = home });
        try
        {
            string up = await program.LineAsync(static line => line.Contains(" is up: ", StringComparison.Ordinal)).Within();
            return new NodeProgram(program, up.Split("Node ")[1].Split(' ')[0]);
        }
        catch
        {
            await program.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until it has so many agents. It is another process, and says nothing of its pool, so it is looked at.</summary>
    internal async Task FilledAsync(int agents, CancellationToken cancellationToken)
    {
        while (ProcessMemory.AgentsOf(ProcessId).Count() < agents)
        {
            await Task.Delay(Glance, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // As a person ends it, so that nothing of it is left.
        _program.Signal(Signals.Terminate);
        await _program.EndAsync();
        await _program.DisposeAsync();
    }
}
