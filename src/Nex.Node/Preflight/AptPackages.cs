using Nex.Linux.Processes;
using Nex.ProcessManager.Launchers.Spawning;

namespace Nex.Node.Preflight;

/// <summary>Installs packages of Debian. It needs root, and asks nothing.</summary>
internal static class AptPackages
{
    /// <summary>All that is ever installed.</summary>
    internal static readonly IReadOnlyList<string> Known =
        ["bubblewrap", "e2fsprogs", "nats-server", "qemu-system-x86", "squashfs-tools", "util-linux"];

    /// <returns>Null when they are installed, or why they are not.</returns>
    internal static async Task<string?> InstallAsync(IReadOnlyList<string> packages, CancellationToken cancellationToken)
    {
        string[] unknown = [.. packages.Except(Known)];
        if (unknown.Length > 0)
        {
            throw new ArgumentException($"Not a package to install: {string.Join(", ", unknown)}.", nameof(packages));
        }

        if (Linux.ProcessControl.EffectiveUserId != 0)
        {
            return $"installing needs root: sudo apt-get install {string.Join(' ', packages)}";
        }

        if (Executables.Find("apt-get") is not { } apt)
        {
            return "this host has no apt-get: install them in its own way";
        }

        // The lists may be old, or not there at all; where they cannot be fetched, those that are there may still do.
        _ = await RunAsync(apt, ["update", "-qq"], cancellationToken).ConfigureAwait(false);
        (ProcessExit exit, string output) = await RunAsync(apt, ["install", "-y", "-qq", "--no-install-recommends", "--", .. packages], cancellationToken).ConfigureAwait(false);
        return exit.Code == 0 ? null : $"apt-get ended with {exit}: {LastLines(output)}";
    }

    private static Task<(ProcessExit Exit, string Output)> RunAsync(string apt, string[] arguments, CancellationToken cancellationToken) => CommandRun.RunAsync(
        "/usr/bin/env",
        ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", apt, .. arguments],
        cancellationToken);

    private static string LastLines(string output) =>
        string.Join(" / ", output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).TakeLast(3));
}
