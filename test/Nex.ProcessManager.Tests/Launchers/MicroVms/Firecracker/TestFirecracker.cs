using Nex.Linux;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Processes;

namespace Nex.ProcessManager.Tests.Launchers.MicroVms.Firecracker;

/// <summary>The Firecracker that tests run machines with: the host's, where it has one and KVM, else the stand-in.</summary>
internal static class TestFirecracker
{
    private const string JailerVariable = "NEX_FIRECRACKER_JAILER";

    private static readonly string JailerStandinPath =
        Environment.GetEnvironmentVariable(JailerVariable) ?? Path.Combine(HostFirecracker.StandinDirectory, "jailer-standin");

    /// <summary>Skips the test where there is nothing to run machines with, or nothing to boot in them.</summary>
    /// <param name="directory">Takes what is made for it.</param>
    internal static ProcessManagerOptions OptionsOrSkip(TempDirectory directory)
    {
        Assert.SkipUnless(File.Exists(GuestFiles.UncompressedKernel), $"There is no kernel {GuestFiles.UncompressedKernel} for machines.");
        Assert.SkipUnless(File.Exists(GuestFiles.Initramfs), $"There is no image {GuestFiles.Initramfs} for machines.");
        Assert.SkipUnless(HostFirecracker.IsReal || Executables.Find("qemu-system-x86_64") is not null, "There is neither firecracker with /dev/kvm nor QEMU for the stand-in.");
        return RealManager.OptionsOf(Sandbox.Firecracker) with
        {
            MicroVm = GuestFiles.Machines with
            {
                KernelPath = GuestFiles.UncompressedKernel,
                FirecrackerPath = HostFirecracker.IsReal ? "firecracker" : HostFirecracker.WriteStandin(directory),
                RequireKvm = HostFirecracker.IsReal,
            },
        };
    }

    /// <summary>The same, each machine in a jail below the directory.</summary>
    internal static ProcessManagerOptions JailedOptionsOrSkip(TempDirectory directory)
    {
        ProcessManagerOptions options = OptionsOrSkip(directory);
        string? jailer = HostFirecracker.IsReal ? Executables.Find("jailer") : WriteJailerStandin(directory);
        Assert.SkipUnless(jailer is not null, "There is no jailer of Firecracker.");
        Assert.SkipUnless(ProcessControl.EffectiveUserId == 0, "The jailer needs root.");
        return options with
        {
            MicroVm = options.MicroVm with { Jailer = new JailerOptions { Path = jailer!, ChrootBaseDirectory = directory["jails"], UserIdBase = 710_000 } },
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
