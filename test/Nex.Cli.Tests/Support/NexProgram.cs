using System.Diagnostics;
using Nex.Testing.Waiting;

namespace Nex.Cli.Tests.Support;

/// <summary>What a command wrote, and how it ended.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Errors);

/// <summary>Runs `nex` as a user does, as a program of its own.</summary>
internal static class NexProgram
{
    /// <summary>The native program that a variable names, as users have it; else what this test was built with.</summary>
    internal static readonly string[] Command = Environment.GetEnvironmentVariable("NEX_TEST_PROGRAM") is { Length: > 0 } native
        ? [native]
        : [FindHost(), "exec", Path.Combine(AppContext.BaseDirectory, "nex.dll")];

    /// <summary>Runs another program in the same way.</summary>
    internal static Task<CommandResult> RunProgramAsync(params string[] command) => RunCommandAsync("/", command, []);

    internal static Task<CommandResult> RunAsync(params string[] arguments) => RunInAsync("/", [], arguments);

    /// <summary>The program `dotnet` that runs this test.</summary>
    private static string FindHost() => Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet"
        ? path
        : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", "..", "dotnet"));

    /// <summary>The same in a directory, and through another program, such as `setpriv`, which starts what follows.</summary>
    internal static Task<CommandResult> RunInAsync(
        string directory, string[] wrapper, string[] arguments, params (string Name, string Value)[] environment) =>
        RunCommandAsync(directory, [.. wrapper, .. Command, .. arguments], environment);

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
