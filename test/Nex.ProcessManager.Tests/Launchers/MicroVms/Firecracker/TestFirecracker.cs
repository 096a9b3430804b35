using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Processes;

namespace Nex.ProcessManager.Tests.Launchers.MicroVms.Firecracker;

/// <summary>Options of managers that run machines with Firecracker.</summary>
internal static class TestFirecracker
{
    private const string JailerVariable = "NEX_FIRECRACKER_JAILER";

    private static readonly string JailerStandinPath =
        Environment.GetEnvironmentVariable(JailerVariable) ?? Path.Combine(HostFirecracker.StandinDirectory, "jailer-standin");

    /// <summary>Skips the test where the host has no such Firecracker.</summary>
    /// <param name="directory">Takes what is made for it.</param>
    internal static ProcessManagerOptions Options(FirecrackerUnderTest which, TempDirectory directory)
    {
        string? obstacle = which == FirecrackerUnderTest.Real ? HostFirecracker.Obstacle
            : Executables.Find("qemu-system-x86_64") is null ? "The stand-in for Firecracker needs QEMU, which is not installed."
            : null;
        Assert.SkipWhen(obstacle is not null, obstacle ?? "");
        return RealManager.OptionsOf(Sandbox.Firecracker) with
        {
            MicroVm = GuestFiles.Machines with
            {
                KernelPath = GuestFiles.UncompressedKernel,
                FirecrackerPath = which == FirecrackerUnderTest.Real ? "firecracker" : HostFirecracker.WriteStandin(directory),
                RequireKvm = which == FirecrackerUnderTest.Real,
            },
        };
    }

    /// <summary>The same, each machine in a jail below the directory.</summary>
    internal static ProcessManagerOptions JailedOptions(FirecrackerUnderTest which, TempDirectory directory)
    {
        ProcessManagerOptions options = Options(which, directory);
        string jailer = which == FirecrackerUnderTest.Real ? "jailer" : WriteJailerStandin(directory);
        return options with
        {
            MicroVm = options.MicroVm with { Jailer = new JailerOptions { Path = jailer, ChrootBaseDirectory = directory["jails"], UserIdBase = 710_000 } },
        };
    }

    /// <summary>The jail of the stand-in has what the stand-in needs of the host.</summary>
    private static string WriteJailerStandin(TempDirectory directory) => directory.WriteProgram(
        "jailer-standin",
        $"""
        #!/bin/sh
        export JAILER_STANDIN_PATHS={HostFirecracker.Runtime}:{HostFirecracker.Modules}:{Path.GetDirectoryName(HostFirecracker.StandinPath)}
        exec {JailerStandinPath} "$@"

        """);
}
