using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;
using Nex.Cli;
using Nex.Cli.Output;

if (args is ["--version"])
{
    // Before anything else is loaded.
    Console.Out.WriteLine($"nex {Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}");
    return ExitCodes.Done;
}

ParseResult parsed = new RootCommands(args).Parse();
if (parsed.Action is ParseErrorAction)
{
    foreach (var error in parsed.Errors)
    {
        Console.Error.WriteLine($"nex: {error.Message}");
    }

    string command = string.Join(' ', parsed.CommandResult.Path());
    Console.Error.WriteLine($"Try `{command} --help`.");
    return ExitCodes.WrongUsage;
}

using TextWriter output = StandardOutput.Open();
var configuration = new InvocationConfiguration
{
    Output = output,
    // What is cancelled by Ctrl-C has this long to remove what it has begun, and to stop what it has started.
    ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
    EnableDefaultExceptionHandler = false,
};
try
{
    return await parsed.InvokeAsync(configuration);
}
catch (IOException failure)
{
    // Commands tell of their own failures: this is help, or a completion, whose reader has gone.
    Console.Error.WriteLine($"nex: {failure.Message}");
    return ExitCodes.Failed;
}
