using Nex.Workloads;

namespace Nex.Demo.Acts;

/// <summary>An essential program that fails is started again, with a longer wait each time.</summary>
internal sealed class Crasher : IAct
{
    private const int Restarts = 3;
    private const int ExitCode = 3;

    public string Title => "An essential program that crashes";

    public async Task PlayAsync(Stage stage, CancellationToken cancellationToken)
    {
        string script = $"echo 'about to crash'; exit {ExitCode}";
        Workload workload = await stage.DeployAsync(
            stage.Busybox("crasher", "sh", "-c", script) with { Essential = true }, cancellationToken);
        await foreach (WorkloadEvent item in workload.ReadEventsAsync(cancellationToken))
        {
            if (item is { Kind: WorkloadEventKind.RestartScheduled, RetryCount: Restarts })
            {
                break;
            }

            Tell(stage, item);
        }

        WorkloadResult result = await stage.StopAsync(workload, cancellationToken);
        stage.Checks.That(
            result is { Reason: WorkloadEndReason.Stopped, RetryCount: Restarts, Exit.Code: ExitCode },
            $"it was started again {result.RetryCount} times, ended with {result.Exit} each time, and was stopped");
    }

    private static void Tell(Stage stage, WorkloadEvent item)
    {
        string? text = item.Kind switch
        {
            WorkloadEventKind.Exited => $"crasher ended with {item.Exit}",
            WorkloadEventKind.RestartScheduled => $"restart {item.RetryCount + 1} in {Figures.Text(item.Delay!.Value)}",
            WorkloadEventKind.Started when item.RetryCount > 0 => $"crasher runs again, on agent {item.AgentId}",
            _ => null,
        };
        if (text is not null)
        {
            stage.Display.Line(text);
        }
    }
}
