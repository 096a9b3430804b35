using System.Diagnostics;
using Nex.Firecracker.Recording;
using Nex.Firecracker.Sockets;
using Nex.Testing.Waiting;

namespace Nex.Testing.FirecrackerStandin.Tests.Support;

/// <summary>A firecracker-standin in a process of its own. Disposing of it kills it.</summary>
internal sealed class StandinProcess : IAsyncDisposable
{
    /// <summary>With NEX_FIRECRACKER_RECORD=FILE, what is asked of stand-ins is written to that file, to be asked of another Firecracker.</summary>
    private static readonly JsonLinesRecorder? Recorder =
        Environment.GetEnvironmentVariable("NEX_FIRECRACKER_RECORD") is { Length: > 0 } path ? new JsonLinesRecorder(path) : null;

    private readonly Process _process;

    private StandinProcess(Process process, ApiClient api)
    {
        _process = process;
        Api = api;
        process.OutputDataReceived += (_, line) => Add(Output, line.Data);
        process.ErrorDataReceived += (_, line) => Add(Errors, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    internal int Id => _process.Id;

    internal ApiClient Api { get; }

    /// <summary>Its lines on standard output: its log, and the guest's console.</summary>
    internal Milestones<string> Output { get; } = new();

    /// <summary>Its lines on standard error.</summary>
    internal Milestones<string> Errors { get; } = new();

    /// <summary>Starts one, and waits until it takes requests.</summary>
    internal static async Task<StandinProcess> StartAsync(string socket, params string[] arguments)
    {
        // What was answered with other arguments, another cannot be expected to answer without them.
        JsonLinesRecorder? recorder = arguments is [] or ["--id", _] ? Recorder : null;
        StandinProcess standin = Start("firecracker-standin", new ApiClient(socket, recorder), ["--api-sock", socket, .. arguments]);
        Task listening = standin.Output.FirstAsync(line => line.Contains("Listening on API socket", StringComparison.Ordinal));
        Assert.True(await Task.WhenAny(listening, standin._process.WaitForExitAsync()) == listening, "It ended instead of listening.");
        await listening;
        return standin;
    }

    /// <summary>The same of any Firecracker, whatever it logs.</summary>
    internal static async Task<StandinProcess> StartProgramAsync(string program, string socket)
    {
        StandinProcess process = Start(program, new ApiClient(socket), "--api-sock", socket);
        await ApiSocket.WaitAsync(socket, process._process.WaitForExitAsync(), Deadline.Length);
        return process;
    }

    /// <summary>Starts a program, beside this one or elsewhere, which may end by itself.</summary>
    internal static StandinProcess Start(string program, params string[] arguments) => Start(program, new ApiClient(""), arguments);

    private static StandinProcess Start(string program, ApiClient api, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, program), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The runtime that runs these tests, wherever it is installed.
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
        start.Environment["NEX_STANDIN_MODULES"] = KernelFiles.Modules;
        return new StandinProcess(Process.Start(start)!, api);
    }

    /// <summary>Runs one that ends by itself, and returns its exit code and all that it wrote.</summary>
    internal static Task<(int ExitCode, string Text)> RunAsync(params string[] arguments) => RunProgramAsync("firecracker-standin", arguments);

    /// <summary>The same for another program beside it.</summary>
    internal static async Task<(int ExitCode, string Text)> RunProgramAsync(string program, params string[] arguments)
    {
        await using StandinProcess standin = Start(program, arguments);
        int code = await standin.ExitCodeAsync();
        return (code, string.Join('\n', [.. standin.Output.Reached, .. standin.Errors.Reached]));
    }

    /// <summary>Waits until it has ended by itself, and all that it wrote has been read.</summary>
    internal async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync().Within("the standin ended");
        return _process.ExitCode;
    }

    /// <summary>Ends it so that it can do nothing about it.</summary>
    internal void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().Within("the killed standin ended");
        _process.Dispose();
    }

    private static void Add(Milestones<string> lines, string? line)
    {
        if (line is not null)
        {
            lines.Add(line);
        }
    }
}
