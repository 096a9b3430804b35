using System.CommandLine;
using Nex.Cli.Options;

namespace Nex.Cli.Commands;

/// <summary>A command whose help shows examples.</summary>
internal interface IExemplified
{
    /// <summary>Command lines, each with what it does.</summary>
    IReadOnlyList<(string Line, string Meaning)> Examples { get; }
}

/// <summary>The command that all others are below.</summary>
internal sealed class NexRootCommand(string description, params (string Line, string Meaning)[] examples) : RootCommand(description), IExemplified
{
    public IReadOnlyList<(string Line, string Meaning)> Examples => examples;
}

/// <summary>Commands that belong together.</summary>
internal sealed class CommandGroup(string name, string description, params (string Line, string Meaning)[] examples) : Command(name, description), IExemplified
{
    public IReadOnlyList<(string Line, string Meaning)> Examples => examples;
}

/// <summary>A command that does something. Its options are read, and all else is made, when it runs.</summary>
internal abstract class NexCommand : Command, IExemplified
{
    protected NexCommand(string name, string description, GlobalOptions globals)
        : base(name, description)
    {
        Globals = globals;
        SetAction((parsed, cancellation) => CommandRunner.RunAsync(parsed, globals, RunAsync, cancellation));
    }

    public IReadOnlyList<(string Line, string Meaning)> Examples { get; init; } = [];

    protected GlobalOptions Globals { get; }

    /// <returns>The exit code.</returns>
    protected abstract Task<int> RunAsync(CommandRun run, CancellationToken cancellation);
}
