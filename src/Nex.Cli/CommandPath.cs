using System.CommandLine.Parsing;

namespace Nex.Cli;

internal static class CommandPath
{
    /// <summary>The names of a command and of all above it, from the root.</summary>
    internal static IEnumerable<string> Path(this CommandResult result) =>
        [.. result.Parent is CommandResult parent ? parent.Path() : [], result.Command.Name];
}
