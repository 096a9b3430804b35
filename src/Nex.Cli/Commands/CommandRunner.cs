using System.CommandLine;
using Nex.GuestImages;

namespace Nex.Cli.Commands;

/// <summary>Runs what a command does, and says on standard error why it could not.</summary>
internal static class CommandRunner
{
    internal const int Success = 0;
    internal const int Failure = 1;

    // What a shell gives a program that ended by Ctrl-C.
    internal const int Cancelled = 130;

    /// <param name="action">Gets where to write what it has to say.</param>
    internal static async Task<int> RunAsync(ParseResult parsed, Func<TextWriter, Task> action)
    {
        TextWriter errors = parsed.InvocationConfiguration.Error;
        try
        {
            await action(parsed.InvocationConfiguration.Output).ConfigureAwait(false);
            return Success;
        }
        catch (GuestImageException failure)
        {
            await errors.WriteLineAsync($"nex: {failure.Message}").ConfigureAwait(false);
            return Failure;
        }
        catch (OperationCanceledException)
        {
            await errors.WriteLineAsync("nex: cancelled").ConfigureAwait(false);
            return Cancelled;
        }
    }
}
