using Nex.Workloads;

namespace Nex.Demo.Acts;

/// <summary>A program that computes something and ends; its answer is read from its log.</summary>
internal sealed class LineCounter : IAct
{
    private const int Lines = 100_000;

    public string Title => "A program that counts lines";

    public async Task PlayAsync(Stage stage, CancellationToken cancellationToken)
    {
        string script = $"echo 'counting {Lines} lines'; seq 1 {Lines} | wc -l";
        Workload workload = await stage.DeployAsync(stage.Busybox("counter", "sh", "-c", script), cancellationToken);
        string answer = "";
        await foreach (LogLine line in workload.ReadLogsAsync(cancellationToken))
        {
            stage.Display.Line($"counter says: {line.Text}");
            answer = line.Text;
        }

        WorkloadResult result = await workload.Completion.WaitAsync(cancellationToken);
        stage.Checks.That(
            answer == $"{Lines}" && result.Exit.IsSuccess, $"it counted {answer} lines, and ended with {result.Exit}");
    }
}
