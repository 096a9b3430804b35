using Nex.Linux.Processes;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.Spawning;

namespace Nex.ProcessManager.Launchers.MicroVms.Qemu;

/// <summary>What this host has to run machines with QEMU.</summary>
internal sealed record QemuHost
{
    internal required string QemuPath { get; init; }

    /// <summary>As QEMU says it.</summary>
    internal required string Version { get; init; }

    internal required Accelerator Accelerator { get; init; }

    /// <summary>The beginning of the command line of whatever runs a machine: who it is, and that it ends with the thread that starts it.</summary>
    internal required IReadOnlyList<string> AsMachineUser { get; init; }

    /// <exception cref="ProcessManagerException">Something is missing; the message says what, and how to get it.</exception>
    internal static async Task<QemuHost> FindAsync(ProcessManagerOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        string qemu = Find(options.MicroVm.QemuPath, "qemu-system-x86");
        string setpriv = Find("setpriv", "util-linux");
        (ProcessExit exit, string output) = await CommandRun.RunAsync(qemu, ["--version"], cancellationToken).ConfigureAwait(false);
        string version = output.Split('\n')[0].Trim();
        if (exit.Code != 0 || !version.Contains("QEMU", StringComparison.Ordinal))
        {
            throw Unavailable($"{qemu} is no QEMU that works ({exit}; it wrote: {version}): set the option QemuPath to one.");
        }

        var kvm = KvmAccess.Of(options.MachineUserId);
        IReadOnlyList<string> AsUser() => MachineUser.Become(setpriv, options.MachineUserId, kvm);
        if (kvm.IsUsable && await KvmTrial.RunAsync(qemu, Accelerator.Kvm, AsUser(), time, cancellationToken).ConfigureAwait(false) is { } obstacle)
        {
            kvm = KvmAccess.Refused(obstacle, "use a host that runs ordinary guests");
        }

        return new QemuHost { QemuPath = qemu, Version = version, Accelerator = Accelerator.For(kvm), AsMachineUser = AsUser() };
    }

    private static string Find(string program, string package)
    {
        string? path = Path.IsPathFullyQualified(program) ? (Executables.IsExecutable(program) ? program : null) : Executables.Find(program);
        return path ?? throw Unavailable($"MicroVMs need {program}, which is not there. On Debian: apt-get install {package}.");
    }

    private static ProcessManagerException Unavailable(string message) => new(ProcessManagerError.SandboxUnavailable, message);
}
