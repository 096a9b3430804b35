using System.CommandLine;
using Nex.Demo;
using Nex.Demo.Display;
using Nex.ProcessManager.Configuration;

var sandbox = new Option<Sandbox?>("--sandbox")
{
    Description = "How workloads are kept apart: by microVMs of QEMU, by namespaces, or not at all. By default by namespaces, where this host has them.",
};
sandbox.AcceptOnlyFromAmong("none", "namespaces", "qemu");
var plain = new Option<bool>("--plain") { Description = "Single lines without colours, on a terminal too." };

const string about = "Shows what Nex for .NET does, with real programs. The exit code is 0 only if everything held.";
var command = new RootCommand(about)
{
    sandbox,
    plain,
};
command.SetAction((parsed, cancellation) =>
{
    var show = new Show(DisplayChoice.Make(parsed.GetValue(plain)), parsed.GetValue(sandbox));
    return show.RunAsync(cancellation);
});

// On Ctrl-C the show is cancelled, and has this long to stop everything.
var configuration = new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(40) };
return await command.Parse(args).InvokeAsync(configuration);
