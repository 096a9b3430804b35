using Nex.ProcessManager.Configuration;
using Nex.Testing.Files;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Support;

/// <summary>A node in a process of its own, which a test can end as roughly as it likes.</summary>
internal sealed class NodeProgram : IAsyncDisposable
{
    private const int ChildSignal = 17;

    /// <summary>Nodes that run at the same time share no users: each has so many for its jails.</summary>
    private const uint UsersOfNode = 1000;

    private static uint _nodes;

    private readonly ProgramUnderTest _program;

    private NodeProgram(ProgramUnderTest program) => _program = program;

    internal int ProcessId => _program.ProcessId;

    /// <summary>What it has printed.</summary>
    internal Milestones<string> Lines => _program.Lines;

    /// <summary>The ids of its agents.</summary>
    internal IReadOnlyList<string> Agents => [.. Values("agent")];

    internal string Workload => Values("workload").Single();

    /// <summary>Starts a node, and waits until its pool is full and its workload, if it has one, runs.</summary>
    internal static Task<NodeProgram> StartAsync(ProcessManagerOptions options, string runDirectory, int poolSize, params string[] workload) =>
        StartAsync([], options, runDirectory, poolSize, workload);

    /// <summary>The same, by a program that ignores the signal of an ended child, which what it starts then does as well.</summary>
    internal static Task<NodeProgram> StartIgnoringChildSignalAsync(Sandbox sandbox, string runDirectory, int poolSize, params string[] workload) =>
        StartAsync([TestPrograms.Path("ignore"), $"{ChildSignal}"], RealManager.OptionsOf(sandbox), runDirectory, poolSize, workload);

    /// <summary>The same, in a session that has a key of the kernel, as a login or a service manager gives it.</summary>
    internal static Task<NodeProgram> StartWithKeyAsync(string key, Sandbox sandbox, string runDirectory, params string[] workload) =>
        StartAsync([TestPrograms.Path("hostile"), "session", key], RealManager.OptionsOf(sandbox), runDirectory, 1, workload);

    /// <summary>The same, where something covers a part of <c>/proc</c>, as a service manager has it that protects the log of the kernel, and a container with masked paths.</summary>
    internal static Task<NodeProgram> StartWithCoveredProcAsync(Sandbox sandbox, string runDirectory) => StartAsync(
        ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", "mount --bind /dev/null /proc/kmsg && exec \"$0\" \"$@\""], RealManager.OptionsOf(sandbox), runDirectory, 1, []);

    private static async Task<NodeProgram> StartAsync(string[] starter, ProcessManagerOptions options, string runDirectory, int poolSize, string[] workload)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Nex.Testing.Node");
        string[] command =
            [.. starter, program, options.Sandbox.ToString(), runDirectory, Path.Combine(AppContext.BaseDirectory, "nex-agent"), $"{poolSize}", .. workload];
        var environment = new Dictionary<string, string>
        {
            ["NEX_TEST_KERNEL"] = options.MicroVm.KernelPath,
            ["NEX_TEST_FIRECRACKER"] = options.MicroVm.FirecrackerPath,
            ["NEX_TEST_REQUIRE_KVM"] = $"{options.MicroVm.RequireKvm}",
        };
        if (options.MicroVm.Jailer is { } jailer)
        {
            environment["NEX_TEST_JAILER"] = jailer.Path;
            environment["NEX_TEST_JAILS"] = jailer.ChrootBaseDirectory;
            environment["NEX_TEST_JAIL_USERS"] = $"{jailer.UserIdBase + (Interlocked.Increment(ref _nodes) * UsersOfNode)}";
        }

        var node = new NodeProgram(await ProgramUnderTest.StartAsync(command[0], command[1..], environment));
        _ = await node._program.LineAsync(line => line == "ready");
        return node;
    }

    /// <summary>Ends it so that it can do nothing about it.</summary>
    internal Task KillAsync() => _program.KillAsync();

    public ValueTask DisposeAsync() => _program.DisposeAsync();

    private IEnumerable<string> Values(string word) => Lines.Reached
        .Where(line => line.StartsWith(word + " ", StringComparison.Ordinal))
        .Select(line => line[(word.Length + 1)..]);
}
