using Nex.Linux.Processes;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.Spawning;

namespace Nex.ProcessManager.Launchers.MicroVms.Qemu;

/// <summary>What this host has to run machines with QEMU.</summary>
internal sealed record QemuHost
{
    internal required string QemuPath { get; init; }

    /// <summary>Of <c>util-linux</c>: gives up root, and has QEMU end with the node.</summary>
    internal required string SetprivPath { get; init; }

    /// <summary>As QEMU says it.</summary>
    internal required string Version { get; init; }

    internal required Accelerator Accelerator { get; init; }

    /// <exception cref="ProcessManagerException">Something is missing; the message says what, and how to get it.</exception>
    internal static async Task<QemuHost> FindAsync(MicroVmOptions options, CancellationToken cancellationToken)
    {
        string qemu = Find(options.QemuPath, "qemu-system-x86");
        string setpriv = Find("setpriv", "util-linux");
        (ProcessExit exit, string output) = await CommandRun.RunAsync(qemu, ["--version"], cancellationToken).ConfigureAwait(false);
        string version = output.Split('\n')[0].Trim();
        return exit.Code == 0 && version.Contains("QEMU", StringComparison.Ordinal)
            ? new QemuHost { QemuPath = qemu, SetprivPath = setpriv, Version = version, Accelerator = Accelerator.Choose() }
            : throw Unavailable($"{qemu} is no QEMU that works ({exit}; it wrote: {version}): set the option QemuPath to one.");
    }

    private static string Find(string program, string package)
    {
        string? path = Path.IsPathFullyQualified(program) ? (Executables.IsExecutable(program) ? program : null) : Executables.Find(program);
        return path ?? throw Unavailable($"MicroVMs need {program}, which is not there. On Debian: apt-get install {package}.");
    }

    private static ProcessManagerException Unavailable(string message) => new(ProcessManagerError.SandboxUnavailable, message);
}
