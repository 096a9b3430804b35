using Nex.Linux.Processes;
using Nex.ProcessManager.Launchers.Spawning;

namespace Nex.Chaos.World;

/// <summary>A limit of the node, lowered for a while.</summary>
/// <param name="resource">As <c>prlimit</c> names it.</param>
internal sealed class ProcessLimit(RunningNode node, string resource)
{
    private string? _soft;
    private string? _hard;

    internal async Task SetAsync(long most)
    {
        _soft ??= await RunAsync(["--output", "SOFT", "--noheadings", $"--{resource}"]);
        _hard ??= await RunAsync(["--output", "HARD", "--noheadings", $"--{resource}"]);
        _ = await RunAsync([$"--{resource}={most}:{_hard}"]);
    }

    /// <summary>Gives back what the node began with.</summary>
    internal Task ResetAsync() => RunAsync([$"--{resource}={_soft}:{_hard}"]);

    private async Task<string> RunAsync(IReadOnlyList<string> arguments)
    {
        (ProcessExit exit, string output) = await CommandRun.RunAsync("/usr/bin/prlimit", ["--pid", $"{node.ProcessId}", .. arguments], CancellationToken.None);
        return exit.Code == 0 || !node.Signal(0)
            ? output.Trim()
            : throw new InvalidOperationException($"The limit {resource} of the node cannot be changed: {output}");
    }
}
