using System.CommandLine;
using Nex.Chaos;
using Nex.Chaos.World;
using Nex.ProcessManager.Configuration;

var minutes = new Option<double>("--minutes") { Description = "How long each run takes, besides its start and end.", DefaultValueFactory = _ => 1 };
var seed = new Option<int?>("--seed") { Description = "What everything that is chosen follows from; by default another each time." };
var sandboxes = new Option<Sandbox[]>("--sandbox")
{
    Description = "Where the agents are; may be given again. Each has a run of its own. By default all, without those that this host cannot make.",
    DefaultValueFactory = _ => Enum.GetValues<Sandbox>(),
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
    bool isAsked = parsed.GetResult(sandboxes) is { Implicit: false };
    (int held, int broken, int left) = (0, 0, 0);
    foreach (Sandbox sandbox in parsed.GetValue(sandboxes)!.Distinct())
    {
        var options = new ChaosOptions
        {
            Sandbox = sandbox,
            Length = TimeSpan.FromMinutes(parsed.GetValue(minutes)),
            Seed = parsed.GetValue(seed) ?? Random.Shared.Next(),
            Trace = parsed.GetValue(trace),
            Artifacts = parsed.GetRequiredValue(artifacts),
        };
        if (await Ability.MissingAsync(options) is { } missing)
        {
            Console.WriteLine($"chaos: sandbox {options.SandboxName} is left out: {missing}");
            (broken, left) = isAsked ? (broken + 1, left) : (broken, left + 1);
        }
        else if (await ChaosRun.RunAsync(options, cancellation))
        {
            held++;
        }
        else
        {
            broken++;
        }
    }

    // As the tests end, for whoever adds them up.
    Console.WriteLine($"{held} passed, {broken} failed, {left} skipped");
    return broken == 0 ? 0 : 1;
});
return await command.Parse(args).InvokeAsync();
