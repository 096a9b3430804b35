using System.Diagnostics;
using System.Text.Json;
using CliWrap;
using CliWrap.EventStream;
using Nex.Demo.Host;

namespace Nex.Demo.Acts;

/// <summary>Machines become nodes, and programs are put on them, with the command line alone.</summary>
internal sealed class TwoNodes : IAct
{
    private const string Says = "hello from a node";

    public string Title => "Nodes on NATS, through the command line";

    public async Task PlayAsync(Stage stage, CancellationToken cancellationToken)
    {
        var nex = new NexProgram(stage.Playground.Root);
        long begun = Stopwatch.GetTimestamp();
        await using DemoNode first = await DemoNode.StartAsync(nex, stage.Playground, stage.Options, "first", context: null, cancellationToken);
        Note(stage, "nex node up, with a NATS server of its own", begun);
        await FollowAsync(stage, nex, first, cancellationToken);

        begun = Stopwatch.GetTimestamp();
        await using DemoNode second = await DemoNode.StartAsync(nex, stage.Playground, stage.Options, "second", first.Context, cancellationToken);
        Note(stage, "a second node joins", begun);
        JsonElement nodes = await nex.AskAsync(["--context", first.Context, "node", "ls"], cancellationToken);
        string[] names = [.. nodes.EnumerateArray().Select(node => node.GetProperty("tags").GetProperty("node_name").GetString()!).Order()];
        stage.Checks.That(names is ["first", "second"], $"nex node ls shows {string.Join(" and ", names)}");
        await StopAsync(stage, nex, first, cancellationToken);
    }

    /// <summary>A program from this disk runs on the node, and what it writes comes back. Busybox is told what to be by its first argument where its name begins like its own.</summary>
    private static async Task FollowAsync(Stage stage, NexProgram nex, DemoNode node, CancellationToken cancellationToken)
    {
        long begun = Stopwatch.GetTimestamp();
        Command command = nex.Command(
            "--context", node.Context, "devrun", stage.BusyboxPath, "--name", "busybox-greeter", "--follow", $"NEX_DEMO={stage.MarkOf("greeter")}", "--", "echo", Says);
        bool heard = false;
        int code = -1;
        await foreach (CommandEvent item in command.ListenAsync(cancellationToken))
        {
            switch (item)
            {
                case StandardOutputCommandEvent line:
                    heard |= line.Text.Contains(Says, StringComparison.Ordinal);
                    stage.Display.Line($"devrun: {line.Text}");
                    break;
                case ExitedCommandEvent exited:
                    code = exited.ExitCode;
                    break;
                default:
                    break;
            }
        }

        Note(stage, "nex devrun --follow, from the shell to the end of the program", begun);
        stage.Checks.That(heard && code == 0, $"the log of the program was followed to its end, and nex ended with {code}");
    }

    private static async Task StopAsync(Stage stage, NexProgram nex, DemoNode node, CancellationToken cancellationToken)
    {
        JsonElement deployed = await nex.AskAsync(
            ["--context", node.Context, "devrun", stage.BusyboxPath, "--name", "busybox-sleeper", $"NEX_DEMO={stage.MarkOf("sleeper")}", "--argv", "sleep", "--argv", "600"], cancellationToken);
        string id = deployed.GetProperty("id").GetString()!;
        JsonElement stopped = await nex.AskAsync(["--context", node.Context, "stop", id], cancellationToken);
        JsonElement found = await nex.AskAsync(["--context", node.Context, "node", "probe"], cancellationToken);
        stage.Checks.That(
            stopped.GetProperty("stopped").GetBoolean() && found.GetArrayLength() == 0,
            $"nex stop {id} has stopped it, and nex node probe finds {found.GetArrayLength()} nodes with workloads");
    }

    private static void Note(Stage stage, string what, long begun)
    {
        TimeSpan took = Stopwatch.GetElapsedTime(begun);
        stage.Figures.Add(what, took);
        stage.Display.Line($"{what}: {Figures.Text(took)}");
    }
}
