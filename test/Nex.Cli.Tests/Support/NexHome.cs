using Nex.Testing.Files;
using Nex.Testing.Processes;

namespace Nex.Cli.Tests.Support;

/// <summary>A user with a home of their own, who runs `nex`.</summary>
internal sealed class NexHome : IDisposable
{
    /// <summary>What Ctrl-C sends.</summary>
    internal const int Interrupt = 2;

    private readonly TempDirectory _directory = new();

    /// <param name="server">What is given as --server; null: nothing.</param>
    internal NexHome(string? server = null) => Server = server;

    internal string? Server { get; }

    internal string this[string name] => _directory[name];

    private (string, string)[] Environment => [("HOME", _directory.Path), ("XDG_CONFIG_HOME", _directory["config"]), ("NO_COLOR", "1")];

    /// <summary>Runs a command to its end.</summary>
    internal Task<CommandResult> RunAsync(params string[] arguments) =>
        NexProgram.RunInAsync(_directory.Path, [], [.. arguments[..Words(arguments)], .. Given(), .. arguments[Words(arguments)..]], Environment);

    /// <summary>Runs a command beside the test.</summary>
    internal Task<ProgramUnderTest> StartAsync(params string[] arguments) =>
        ProgramUnderTest.StartAsync(
            NexProgram.Command[0], [.. NexProgram.Command[1..], .. arguments[..Words(arguments)], .. Given(), .. arguments[Words(arguments)..]],
            Environment.ToDictionary(pair => pair.Item1, pair => pair.Item2), _directory.Path);

    public void Dispose() => _directory.Dispose();

    private string[] Given() => Server is null ? [] : ["--server", Server];

    // The options come after the command and before all else, which may be behind "--".
    private static int Words(string[] arguments) => arguments is ["node" or "keys" or "rootfs", ..] ? 2 : 1;
}
