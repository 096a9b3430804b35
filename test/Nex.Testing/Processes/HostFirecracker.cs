using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.MicroVms;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.Testing.Files;

namespace Nex.Testing.Processes;

/// <summary>The Firecracker that machines run with: the host's, where it has one and KVM, else the stand-in.</summary>
internal static class HostFirecracker
{
    private const string Standin = "firecracker-standin";
    private const string StandinVariable = "NEX_FIRECRACKER_STANDIN";

    /// <summary>The host's own; null where it has none.</summary>
    internal static string? RealPath { get; } = Executables.Find("firecracker");

    /// <summary>Why machines cannot run with the host's own, as a sentence; null where they can.</summary>
    internal static string? Obstacle { get; } = FindObstacle();

    internal static bool IsReal => Obstacle is null;

    internal static string StandinPath { get; } = Environment.GetEnvironmentVariable(StandinVariable) ?? Path.Combine(StandinDirectory, Standin);

    /// <summary>What the stand-in is executed by.</summary>
    internal static string Runtime { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));

    /// <summary>Modules of the guest's kernel that the stand-in needs.</summary>
    internal static string Modules { get; } = Path.Combine(Path.GetDirectoryName(GuestFiles.Kernel)!, "modules");

    /// <summary>The stand-in is built with the program that uses it, in the same way.</summary>
    internal static string StandinDirectory
    {
        get
        {
            var own = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
            return Path.Combine(own.Parent!.Parent!.FullName, "Nex.Testing.FirecrackerStandin", own.Name);
        }
    }

    /// <summary>
    /// Firecracker needs no environment and gets none; the stand-in is a .NET program that starts QEMU. What sets its environment becomes it, so
    /// that the process stays the same.
    /// </summary>
    /// <returns>Its path.</returns>
    internal static string WriteStandin(TempDirectory directory) => directory.WriteProgram(
        Standin,
        $"""
        #!/bin/sh
        export PATH=/usr/local/bin:/usr/bin:/bin DOTNET_ROOT={Runtime} DOTNET_EnableDiagnostics=0 NEX_STANDIN_MODULES={Modules}
        exec {StandinPath} "$@"

        """);

    private static string? FindObstacle()
    {
        if (RealPath is null)
        {
            return "There is no firecracker in PATH.";
        }

        var kvm = KvmAccess.Of(new ProcessManagerOptions().MachineUserId);
        return kvm.IsUsable ? null : $"Firecracker needs KVM, and {kvm.Obstacle}.";
    }
}
