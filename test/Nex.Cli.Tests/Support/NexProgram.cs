using System.Diagnostics;
using Nex.Testing.Waiting;

namespace Nex.Cli.Tests.Support;

/// <summary>What a command wrote, and how it ended.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Errors);

/// <summary>Runs `nex` as a user does, as a program of its own.</summary>
internal static class NexProgram
{
    internal static readonly string Program = Path.Combine(AppContext.BaseDirectory, "nex.dll");

    /// <summary>The program `dotnet` that runs this test.</summary>
    internal static readonly string Host = Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path : FindHost();

    /// <summary>Runs another program in the same way.</summary>
    internal static Task<CommandResult> RunProgramAsync(params string[] command) => RunCommandAsync("/", command, []);

    internal static Task<CommandResult> RunAsync(params string[] arguments) => RunInAsync("/", [], arguments);

    private static string FindHost() =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", "..", "dotnet"));

    /// <summary>The same in a directory, and through another program, such as `setpriv`, which starts what follows.</summary>
    internal static Task<CommandResult> RunInAsync(
        string directory, string[] wrapper, string[] arguments, params (string Name, string Value)[] environment) =>
        RunCommandAsync(directory, [.. wrapper, "dotnet", Program, .. arguments], environment);

    private static async Task<CommandResult> RunCommandAsync(string directory, string[] command, (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start) ?? throw new InvalidOperationException("nex was not started.");
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync().Within("nex ended");
            return new CommandResult(process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
