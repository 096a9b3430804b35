using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.Testing.Waiting;

namespace Nex.Testing.Processes;

/// <summary>A program that runs beside the test, and what it writes. It is killed when the test is over, and when the test's process ends.</summary>
internal sealed class ProgramUnderTest : IAsyncDisposable
{
    private const string Guard = "/usr/bin/setpriv";

    /// <summary>Names the file that gets the calls of Firecracker, of all programs that run.</summary>
    private const string RecordVariable = "NEX_FIRECRACKER_RECORD";

    private readonly SupervisedChild _process;
    private readonly Task _reading;

    private ProgramUnderTest(SupervisedChild process, SafeFileHandle output)
    {
        _process = process;
        _reading = ReadAsync(output);
    }

    /// <summary>What it has written to its output and its errors.</summary>
    internal Milestones<string> Lines { get; } = new();

    internal int ProcessId => _process.ProcessId;

    internal Task<ProcessExit> Exited => _process.Exited;

    /// <param name="arguments">Without the name of the program.</param>
    /// <param name="environment">All that it gets besides PATH, where .NET is, and where calls of Firecracker are recorded.</param>
    internal static async Task<ProgramUnderTest> StartAsync(
        string path, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? workingDirectory = null)
    {
        string runtime = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
        var variables = new Dictionary<string, string>(environment ?? new Dictionary<string, string>());
        _ = variables.TryAdd("DOTNET_ROOT", runtime);
        _ = variables.TryAdd("PATH", Environment.GetEnvironmentVariable("PATH") ?? "");
        if (Environment.GetEnvironmentVariable(RecordVariable) is { } record)
        {
            _ = variables.TryAdd(RecordVariable, record);
        }

        (SafeFileHandle reader, SafeFileHandle writer) = Descriptor.CreatePipe();
        using SafeFileHandle input = File.OpenHandle("/dev/null");
        // So that the output ends with the program.
        using (writer)
        {
            return new ProgramUnderTest(
                await ChildSupervisor.StartAsync(new ChildProcess
                {
                    // Only the kernel ends it for sure when the test is killed itself.
                    Path = Guard,
                    Arguments = [Guard, "--pdeathsig", "KILL", "--", path, .. arguments],
                    Environment = variables,
                    WorkingDirectory = workingDirectory,
                    Descriptors = [input, writer, writer],
                    OwnSession = true,
                    CloseOtherDescriptors = true,
                }).ConfigureAwait(false),
                reader);
        }
    }

    /// <summary>Waits for a line, or fails with all that it wrote when it ends before.</summary>
    internal async Task<string> LineAsync(Func<string, bool> isLike)
    {
        Task<string> line = Lines.FirstAsync(isLike);
        if (await Task.WhenAny(line, AllWrittenAsync()).ConfigureAwait(false) != line && !Lines.Reached.Any(isLike))
        {
            // Nobody waits for that any more.
            _ = line.ContinueWith(static late => late.Exception, TaskScheduler.Default);
            throw new InvalidOperationException($"The program has ended ({await Exited.ConfigureAwait(false)}): {string.Join('\n', Lines.Reached)}");
        }

        return await line.ConfigureAwait(false);
    }

    internal bool Signal(int signal) => _process.TrySignal(signal);

    /// <summary>Waits until it has ended by itself.</summary>
    /// <returns>How it ended; all that it wrote has been read.</returns>
    internal async Task<ProcessExit> EndAsync()
    {
        await AllWrittenAsync().Within("the program ended").ConfigureAwait(false);
        return await Exited.ConfigureAwait(false);
    }

    /// <summary>Ends it so that it can do nothing about it.</summary>
    internal async Task KillAsync()
    {
        _ = _process.TrySignal(Signals.Kill);
        _ = await _process.Exited.Within().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync() => await KillAsync().ConfigureAwait(false);

    private async Task AllWrittenAsync()
    {
        await Exited.ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
    }

    private async Task ReadAsync(SafeFileHandle output)
    {
        await using var stream = new FileStream(output, FileAccess.Read, bufferSize: 0);
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            Lines.Add(line);
        }
    }
}
