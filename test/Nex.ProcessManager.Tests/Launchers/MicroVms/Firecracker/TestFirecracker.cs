using Nex.Linux;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.Spawning;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Files;

namespace Nex.ProcessManager.Tests.Launchers.MicroVms.Firecracker;

/// <summary>The Firecracker that tests run machines with: the host's, where it has one and KVM, else the stand-in.</summary>
internal static class TestFirecracker
{
    private const string Standin = "firecracker-standin";
    private const string StandinVariable = "NEX_FIRECRACKER_STANDIN";
    private const string JailerVariable = "NEX_FIRECRACKER_JAILER";

    private static readonly string StandinPath = Environment.GetEnvironmentVariable(StandinVariable) ?? Path.Combine(BuiltDirectory, Standin);

    private static readonly string JailerStandinPath = Environment.GetEnvironmentVariable(JailerVariable) ?? Path.Combine(BuiltDirectory, "jailer-standin");

    private static readonly string Runtime = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));

    private static readonly string Modules = Path.Combine(Path.GetDirectoryName(GuestFiles.Kernel)!, "modules");

    /// <summary>The stand-in is built with these tests, in the same way.</summary>
    private static string BuiltDirectory
    {
        get
        {
            var own = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
            return Path.Combine(own.Parent!.Parent!.FullName, "Nex.Testing.FirecrackerStandin", own.Name);
        }
    }

    internal static bool IsReal => File.Exists("/dev/kvm") && Executables.Find("firecracker") is not null;

    /// <summary>Skips the test where there is nothing to run machines with, or nothing to boot in them.</summary>
    /// <param name="directory">Takes what is made for it.</param>
    internal static ProcessManagerOptions OptionsOrSkip(TempDirectory directory)
    {
        Assert.SkipUnless(File.Exists(GuestFiles.UncompressedKernel), $"There is no kernel {GuestFiles.UncompressedKernel} for machines.");
        Assert.SkipUnless(File.Exists(GuestFiles.Initramfs), $"There is no image {GuestFiles.Initramfs} for machines.");
        Assert.SkipUnless(IsReal || Executables.Find("qemu-system-x86_64") is not null, "There is neither firecracker with /dev/kvm nor QEMU for the stand-in.");
        return RealManager.OptionsOf(Sandbox.Firecracker) with
        {
            MicroVm = GuestFiles.Machines with
            {
                KernelPath = GuestFiles.UncompressedKernel,
                FirecrackerPath = IsReal ? "firecracker" : WriteStandin(directory),
                RequireKvm = IsReal,
            },
        };
    }

    /// <summary>The same, each machine in a jail below the directory.</summary>
    internal static ProcessManagerOptions JailedOptionsOrSkip(TempDirectory directory)
    {
        ProcessManagerOptions options = OptionsOrSkip(directory);
        string? jailer = IsReal ? Executables.Find("jailer") : WriteJailerStandin(directory);
        Assert.SkipUnless(jailer is not null, "There is no jailer of Firecracker.");
        Assert.SkipUnless(ProcessControl.EffectiveUserId == 0, "The jailer needs root.");
        return options with
        {
            MicroVm = options.MicroVm with { Jailer = new JailerOptions { Path = jailer!, ChrootBaseDirectory = directory["jails"], UserIdBase = 710_000 } },
        };
    }

    /// <summary>
    /// Firecracker needs no environment and gets none; the stand-in is a .NET program that starts QEMU. What sets its environment becomes it, so
    /// that the process stays the same.
    /// </summary>
    private static string WriteStandin(TempDirectory directory) => directory.WriteProgram(
        Standin,
        $"""
        #!/bin/sh
        export PATH=/usr/local/bin:/usr/bin:/bin DOTNET_ROOT={Runtime} DOTNET_EnableDiagnostics=0 NEX_STANDIN_MODULES={Modules}
        exec {StandinPath} "$@"

        """);

    /// <summary>The jail of the stand-in has what the stand-in needs of the host.</summary>
    private static string WriteJailerStandin(TempDirectory directory) => directory.WriteProgram(
        "jailer-standin",
        $"""
        #!/bin/sh
        export JAILER_STANDIN_PATHS={Runtime}:{Modules}:{Path.GetDirectoryName(StandinPath)}
        exec {JailerStandinPath} "$@"

        """);
}
