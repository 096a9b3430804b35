using System.CommandLine;
using Nex.Cli.Options;

namespace Nex.Cli.Commands;

/// <summary>A command that does something. Its options are read, and all else is made, when it runs.</summary>
internal abstract class NexCommand : Command
{
    protected NexCommand(string name, string description, GlobalOptions globals)
        : base(name, description)
    {
        Globals = globals;
        SetAction((parsed, cancellation) => CommandRunner.RunAsync(parsed, globals, RunAsync, cancellation));
    }

    /// <summary>Command lines that help shows, each with what it does.</summary>
    internal IReadOnlyList<(string Line, string Meaning)> Examples { get; init; } = [];

    protected GlobalOptions Globals { get; }

    /// <returns>The exit code.</returns>
    protected abstract Task<int> RunAsync(CommandRun run, CancellationToken cancellation);
}
