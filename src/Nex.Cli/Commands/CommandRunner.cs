using System.CommandLine;
using Nex.Cli.Options;
using Nex.Cli.Output;
using Nex.Control;
using Nex.Control.Connections;
using Nex.GuestImages;
using Nex.Protocol.Workloads;

namespace Nex.Cli.Commands;

/// <summary>Runs what a command does, and says on standard error why it could not.</summary>
internal static class CommandRunner
{
    internal static async Task<int> RunAsync(
        ParseResult parsed, GlobalOptions globals, Func<CommandRun, CancellationToken, Task<int>> action, CancellationToken cancellation)
    {
        TextWriter errors = parsed.InvocationConfiguration.Error;
        try
        {
            return await action(new CommandRun(parsed, globals), cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return ExitCodes.Cancelled;
        }
        catch (Exception failure) when (ExitCode(failure) is not null)
        {
            foreach (string line in Lines(failure))
            {
                await errors.WriteLineAsync($"nex: {SafeText.Clean(line)}").ConfigureAwait(false);
            }

            return ExitCode(failure)!.Value;
        }
    }

    /// <returns>Null for what is a defect of this program.</returns>
    private static int? ExitCode(Exception failure) => failure switch
    {
        UsageException or NatsSettingsException or InvalidDeployRequestException or ArgumentException => ExitCodes.WrongUsage,
        ControlException { Fault: ControlFault.Refused } => ExitCodes.Refused,
        ControlException { Fault: ControlFault.NoResponders or ControlFault.Timeout } => ExitCodes.NothingAnswered,
        ControlException { Fault: ControlFault.Unavailable } => ExitCodes.NatsUnreachable,
        CommandFailedException or ControlException or GuestImageException or IOException or UnauthorizedAccessException => ExitCodes.Failed,
        _ => null,
    };

    private static IReadOnlyList<string> Lines(Exception failure) =>
        failure is NatsSettingsException settings ? settings.Faults : [failure.Message.ReplaceLineEndings(" ")];
}
