using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Support;

/// <summary>A node in a process of its own, which a test can end as roughly as it likes.</summary>
internal sealed class NodeProgram : IAsyncDisposable
{
    private const int ChildSignal = 17;

    private readonly SupervisedChild _process;
    private readonly Task _reading;

    private NodeProgram(SupervisedChild process, SafeFileHandle output)
    {
        _process = process;
        _reading = Task.Run(() => ReadAsync(output));
    }

    internal int ProcessId => _process.ProcessId;

    /// <summary>What it has printed.</summary>
    internal Milestones<string> Lines { get; } = new();

    /// <summary>The ids of its agents.</summary>
    internal IReadOnlyList<string> Agents => [.. Values("agent")];

    internal string Workload => Values("workload").Single();

    /// <summary>Starts a node, and waits until its pool is full and its workload, if it has one, runs.</summary>
    internal static Task<NodeProgram> StartAsync(ProcessManagerOptions options, string runDirectory, int poolSize, params string[] workload) =>
        StartAsync([], options, runDirectory, poolSize, workload);

    /// <summary>The same, by a program that ignores the signal of an ended child, which what it starts then does as well.</summary>
    internal static Task<NodeProgram> StartIgnoringChildSignalAsync(Sandbox sandbox, string runDirectory, int poolSize, params string[] workload) =>
        StartAsync([TestPrograms.Path("ignore"), $"{ChildSignal}"], RealManager.OptionsOf(sandbox), runDirectory, poolSize, workload);

    private static async Task<NodeProgram> StartAsync(string[] starter, ProcessManagerOptions options, string runDirectory, int poolSize, string[] workload)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Nex.Testing.Node");
        string runtime = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
        (SafeFileHandle reader, SafeFileHandle writer) = Descriptor.CreatePipe();
        using SafeFileHandle input = File.OpenHandle("/dev/null");
        using (writer)
        {
            SupervisedChild child = await ChildSupervisor.StartAsync(new ChildProcess
            {
                Path = starter.FirstOrDefault() ?? program,
                Arguments = [.. starter, program, options.Sandbox.ToString(), runDirectory, Path.Combine(AppContext.BaseDirectory, "nex-agent"), $"{poolSize}", .. workload],
                Environment = new Dictionary<string, string>
                {
                    ["DOTNET_ROOT"] = runtime,
                    ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "",
                    ["NEX_TEST_KERNEL"] = options.MicroVm.KernelPath,
                    ["NEX_TEST_FIRECRACKER"] = options.MicroVm.FirecrackerPath,
                    ["NEX_TEST_REQUIRE_KVM"] = $"{options.MicroVm.RequireKvm}",
                },
                Descriptors = [input, writer, writer],
                OwnSession = true,
                CloseOtherDescriptors = true,
            });
            // So that the output ends with the node.
            writer.Dispose();
            var node = new NodeProgram(child, reader);
            Task ready = node.Lines.FirstAsync(line => line == "ready");
            if (await Task.WhenAny(ready, child.Exited) == ready && ready.IsCompletedSuccessfully)
            {
                return node;
            }

            // Nobody waits for that any more.
            _ = ready.ContinueWith(static late => late.Exception, TaskScheduler.Default);
            await node.DisposeAsync();
            await node._reading.Within();
            throw new InvalidOperationException($"The node did not start: {string.Join('\n', node.Lines.Reached)}");
        }
    }

    /// <summary>Ends it so that it can do nothing about it.</summary>
    internal async Task KillAsync()
    {
        _ = _process.TrySignal(Signals.Kill);
        _ = await _process.Exited.Within();
    }

    public async ValueTask DisposeAsync() => await KillAsync();

    private IEnumerable<string> Values(string word) => Lines.Reached
        .Where(line => line.StartsWith(word + " ", StringComparison.Ordinal))
        .Select(line => line[(word.Length + 1)..]);

    private async Task ReadAsync(SafeFileHandle output)
    {
        await using var stream = new FileStream(output, FileAccess.Read, bufferSize: 0);
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync() is { } line)
        {
            Lines.Add(line);
        }
    }
}
