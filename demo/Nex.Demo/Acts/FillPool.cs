using System.Diagnostics;
using Nex.Demo.Host;

namespace Nex.Demo.Acts;

/// <summary>Agents are up before there is any work.</summary>
internal sealed class FillPool : IAct
{
    public string Title => "A pool of warm agents";

    public async Task PlayAsync(Stage stage, CancellationToken cancellationToken)
    {
        long begun = Stopwatch.GetTimestamp();
        await stage.Workloads.StartAsync(stage.Pool, cancellationToken);
        await stage.Pool.WhenFullAsync(cancellationToken);
        IReadOnlyList<long> warmed = stage.Pool.WarmedAt;
        Note(stage, "first agent warm", Stopwatch.GetElapsedTime(begun, warmed[0]));
        Note(stage, $"all {stage.Pool.Size} agents warm", Stopwatch.GetElapsedTime(begun, warmed[stage.Pool.Size - 1]));
        MeasureMemory(stage);
    }

    private static void Note(Stage stage, string what, TimeSpan after)
    {
        stage.Figures.Add(what, after);
        stage.Display.Line($"{what} after {Figures.Text(after)}");
    }

    private static void MeasureMemory(Stage stage)
    {
        IReadOnlyList<HostProcess> agents = stage.Agents.Of(stage.Pool.AgentIds);
        string what = stage.Agents.AreMachines ? "machine" : "agent";
        stage.Checks.That(agents.Count == stage.Pool.Size, $"{agents.Count} processes of {what}s run");
        long[] memory = [.. agents.Select(agent => agent.ProportionalMemory()).OfType<long>()];
        string text = memory.Length == 0
            ? "for root alone to read here, as agents forbid others to look into them"
            : Figures.Megabytes((long)memory.Average());
        stage.Figures.Add($"memory of a warm {what} (PSS)", text);
        stage.Display.Line($"memory of a warm {what} (PSS): {text}");
    }
}
