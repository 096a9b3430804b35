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

        if (stage.Agents.AreMachines)
        {
            await StopMachineAsync(stage, workload, cancellationToken);
            return;
        }

        int before = Count(stage);
        stage.Checks.That(before > Announced, $"{before} processes of it run");
        await stage.StopAsync(workload, cancellationToken);
        int after = Count(stage);
        stage.Checks.That(after == 0, $"{after} processes of it run when it was stopped");
    }

    /// <summary>The host cannot look into a machine: what it sees is the one process that the machine is.</summary>
    private static async Task StopMachineAsync(Stage stage, Workload workload, CancellationToken cancellationToken)
    {
        string agent = workload.AgentId!;
        IReadOnlyList<HostProcess> machine = stage.Agents.Of(agent);
        int started = machine.Sum(process => HostProcess.ChildrenOf(process.Id).Count());
        int outside = Count(stage);
        stage.Checks.That(
            (machine.Count, started, outside) == (1, 0, 0),
            $"{Announced} processes in the machine say that they run; on the host {machine.Count} process is the machine, and {started + outside} are of the tree");
        await stage.StopAsync(workload, cancellationToken);
        int after = stage.Agents.Of(agent).Count;
        stage.Checks.That(after == 0, $"{after} processes are the machine when it was stopped");
    }

    private static int Count(Stage stage) => HostProcess.All().Count(process => process.Mentions(stage.MarkOf(Name)));
}
