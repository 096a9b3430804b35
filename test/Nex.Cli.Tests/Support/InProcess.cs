using System.CommandLine;
using Nex.Cli.Commands;
using Nex.Cli.Options;
using Nex.Testing.Waiting;

namespace Nex.Cli.Tests.Support;

/// <summary>Runs a part of a command in the process of the test, which then decides about time.</summary>
internal static class InProcess
{
    internal static async Task<CommandResult> RunAsync(Func<CommandRun, Task<int>> action, params string[] options)
    {
        var globals = new GlobalOptions();
        var root = new RootCommand { new Part(globals, action) };
        globals.AddTo(root);
        await using var output = new StringWriter();
        await using var errors = new StringWriter();
        var configuration = new InvocationConfiguration
        {
            Output = output,
            Error = TextWriter.Synchronized(errors),
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        int code = await root.Parse([Part.Word, .. options]).InvokeAsync(configuration).Within();
        return new CommandResult(code, output.ToString(), errors.ToString());
    }

    private sealed class Part(GlobalOptions globals, Func<CommandRun, Task<int>> action) : NexCommand(Word, "", globals)
    {
        internal const string Word = "part";

        protected override Task<int> RunAsync(CommandRun run, CancellationToken cancellation) => action(run);
    }
}
