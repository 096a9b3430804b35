using System.Diagnostics;
using Nex.Protocol.Workloads;
using Nex.Workloads;

namespace Nex.Demo.Acts;

/// <summary>How long a deploy takes when an agent is warm and the artifact cached, which is what this is all for.</summary>
internal sealed class QuickDeploys : IAct
{
    private const int Deploys = 20;

    public string Title => $"{Deploys} deploys of a program that only returns";

    public async Task PlayAsync(Stage stage, CancellationToken cancellationToken)
    {
        DeployRequest request = stage.Busybox("quick", "true");
        var times = new List<TimeSpan>();
        int succeeded = 0;
        for (int count = 0; count < Deploys; count++)
        {
            await stage.Pool.WhenFullAsync(cancellationToken);
            long begun = Stopwatch.GetTimestamp();
            Workload workload = await stage.Workloads.DeployAsync(request, stage.Source, cancellationToken);
            times.Add(Stopwatch.GetElapsedTime(begun));
            stage.Board.Follow(workload);
            WorkloadResult result = await workload.Completion.WaitAsync(cancellationToken);
            succeeded += result.Exit.IsSuccess ? 1 : 0;
        }

        times.Sort();
        string text = $"{Figures.Text(times[Deploys / 2])} ({Figures.Text(times[0])} to {Figures.Text(times[^1])})";
        stage.Figures.Add($"deploy to running, median of {Deploys}", text);
        stage.Display.Line($"deploy to running, median: {text}");
        stage.Checks.That(succeeded == Deploys, $"{succeeded} of {Deploys} ended with exit code 0");
    }
}
