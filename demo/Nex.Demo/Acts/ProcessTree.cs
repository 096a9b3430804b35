using Nex.Demo.Host;
using Nex.Workloads;

namespace Nex.Demo.Acts;

/// <summary>A workload is all that its program started, wherever that went: it is stopped whole.</summary>
internal sealed class ProcessTree : IAct
{
    private const string Name = "tree";

    /// <summary>A child, a child with a child, and one that leaves the session. Each says when it is up.</summary>
    private const string Script = """
        sh -c 'echo child; sleep 600; :' &
        sh -c 'sh -c "echo grandchild; sleep 600; :" & echo its parent; wait' &
        setsid sh -c 'echo in a session of its own; sleep 600; :' &
        wait
        """;

    private const int Announced = 4;

    public string Title => "A tree of processes";

    public async Task PlayAsync(Stage stage, CancellationToken cancellationToken)
    {
        Workload workload = await stage.DeployAsync(stage.Busybox(Name, "sh", "-c", Script), cancellationToken);
        int announced = 0;
        await foreach (LogLine line in workload.ReadLogsAsync(cancellationToken))
        {
            stage.Display.Line($"tree says: {line.Text}");
            if (++announced == Announced)
            {
                break;
            }
        }

        int before = Count(stage);
        stage.Checks.That(before > Announced, $"{before} processes of it run");
        await stage.StopAsync(workload, cancellationToken);
        int after = Count(stage);
        stage.Checks.That(after == 0, $"{after} processes of it run when it was stopped");
    }

    private static int Count(Stage stage) => HostProcess.All().Count(process => process.Mentions(stage.MarkOf(Name)));
}
