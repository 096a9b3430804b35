using System.CommandLine;
using Nex.Cli.Commands;

var command = new RootCommand("Nex for .NET: runs programs in sandboxes that are up before they are needed.")
{
    new KernelCommand(),
    new Command("rootfs", "Guest images of microVMs.") { new RootfsBuildCommand() },
};

// What is cancelled by Ctrl-C has this long to remove what it has begun.
var configuration = new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(10) };
return await command.Parse(args).InvokeAsync(configuration);
