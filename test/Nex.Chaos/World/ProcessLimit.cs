using System.Globalization;
using Nex.Linux.Processes;
using Nex.ProcessManager.Launchers.Spawning;

namespace Nex.Chaos.World;

/// <summary>A limit of a process as the kernel has it, which can be lowered, and raised again to what it was.</summary>
/// <param name="resource">As <c>prlimit</c> names it.</param>
internal sealed class ProcessLimit(int pid, string resource)
{
    private string? _before;

    /// <summary>How much a process has mapped, in bytes.</summary>
    internal static long Mapped(int pid) =>
        long.Parse(File.ReadAllText($"/proc/{pid}/statm").Split(' ')[0], CultureInfo.InvariantCulture) * Environment.SystemPageSize;

    /// <returns>False when it cannot be set, as when the process has ended.</returns>
    internal async Task<bool> TrySetAsync(long most)
    {
        _before ??= await TryRunAsync("--output", "SOFT", "--noheadings", $"--{resource}");
        return await TryRunAsync($"--{resource}={most}:") is not null;
    }

    internal Task ResetAsync() => TryRunAsync($"--{resource}={_before}:");

    private async Task<string?> TryRunAsync(params string[] arguments)
    {
        (ProcessExit exit, string output) = await CommandRun.RunAsync("/usr/bin/prlimit", ["--pid", $"{pid}", .. arguments], CancellationToken.None);
        return exit.Code == 0 ? output.Trim() : null;
    }
}
