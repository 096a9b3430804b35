using System.CommandLine;
using Nex.Cli.Commands;
using Nex.Cli.Commands.Nodes;
using Nex.Cli.Options;

var nats = new NatsOptionsGroup();
var json = new Option<bool>("--json") { Description = "Write JSON, for programs", Recursive = true };
var command = new RootCommand("Nex for .NET: runs programs in sandboxes that are up before they are needed.")
{
    new KernelCommand(),
    new Command("node", "Nodes.") { new NodeUpCommand(nats), new NodePreflightCommand(nats, parsed => parsed.GetValue(json)) },
    new Command("rootfs", "Guest images of microVMs.") { new RootfsBuildCommand() },
};

foreach (Option option in (IEnumerable<Option>)[json, .. nats.Options])
{
    command.Options.Add(option);
}

// What is cancelled by Ctrl-C has this long to remove what it has begun.
var configuration = new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(10) };
return await command.Parse(args).InvokeAsync(configuration);
