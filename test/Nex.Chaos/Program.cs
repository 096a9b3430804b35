using System.CommandLine;
using Nex.Chaos;
using Nex.ProcessManager.Configuration;

var minutes = new Option<double>("--minutes") { Description = "How long each run takes, besides its start and end.", DefaultValueFactory = _ => 1 };
var seed = new Option<int?>("--seed") { Description = "What everything that is chosen follows from; by default another each time." };
var sandboxes = new Option<Sandbox[]>("--sandbox")
{
    Description = "Where the agents are; may be given again. Each has a run of its own.",
    DefaultValueFactory = _ => [Sandbox.None, Sandbox.Namespaces],
};
sandboxes.AcceptOnlyFromAmong("none", "namespaces", "qemu", "firecracker");
var trace = new Option<bool>("--trace") { Description = "Tell each fault when it begins." };
var artifacts = new Option<string>("--artifacts") { Description = "Where the built programs are.", DefaultValueFactory = _ => Path.GetFullPath("artifacts") };

var command = new RootCommand("Puts load on a node, breaks what can be broken, and checks what must hold all the same. The exit code is 0 only if it did.")
{
    minutes, seed, sandboxes, trace, artifacts,
};
command.SetAction(async (parsed, cancellation) =>
{
    bool held = true;
    foreach (Sandbox sandbox in parsed.GetValue(sandboxes)!)
    {
        var options = new ChaosOptions
        {
            Sandbox = sandbox,
            Length = TimeSpan.FromMinutes(parsed.GetValue(minutes)),
            Seed = parsed.GetValue(seed) ?? Random.Shared.Next(),
            Trace = parsed.GetValue(trace),
            Artifacts = parsed.GetRequiredValue(artifacts),
        };
        held &= await ChaosRun.RunAsync(options, cancellation);
    }

    return held ? 0 : 1;
});
return await command.Parse(args).InvokeAsync();
