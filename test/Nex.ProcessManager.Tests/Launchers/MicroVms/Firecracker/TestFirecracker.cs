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

    private static readonly string Root = FindRoot();

    /// <summary>The stand-in as it was built, or null.</summary>
    private static string? StandinPath
    {
        get
        {
            string built = Path.Combine(Root, "artifacts", "bin", "Nex.Testing.FirecrackerStandin", "release", Standin);
            string path = Environment.GetEnvironmentVariable("NEX_FIRECRACKER_STANDIN") ?? built;
            return File.Exists(path) ? path : null;
        }
    }

    /// <summary>Its jailer beside it, or null.</summary>
    private static string? JailerStandinPath
    {
        get
        {
            string path = Environment.GetEnvironmentVariable("NEX_FIRECRACKER_JAILER") ?? Path.Combine(Path.GetDirectoryName(StandinPath) ?? "/", "jailer-standin");
            return File.Exists(path) ? path : null;
        }
    }

    internal static bool IsReal => File.Exists("/dev/kvm") && Executables.Find("firecracker") is not null;

    /// <summary>Skips the test where there is nothing to run machines with, or nothing to boot in them.</summary>
    /// <param name="directory">Takes what is made for it.</param>
    internal static ProcessManagerOptions OptionsOrSkip(TempDirectory directory)
    {
        Assert.SkipUnless(File.Exists(GuestFiles.UncompressedKernel), $"There is no kernel {GuestFiles.UncompressedKernel} for machines.");
        Assert.SkipUnless(File.Exists(GuestFiles.Initramfs), $"There is no image {GuestFiles.Initramfs} for machines.");
        Assert.SkipUnless(IsReal || StandinPath is not null, "There is neither firecracker with /dev/kvm nor the stand-in for it.");
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
        string? jailer = IsReal ? Executables.Find("jailer") : JailerStandinPath;
        Assert.SkipUnless(jailer is not null, "There is neither the jailer of Firecracker nor the stand-in for it.");
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
    private static string WriteStandin(TempDirectory directory)
    {
        string runtime = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
        return directory.WriteProgram(
            Standin,
            $"""
            #!/bin/sh
            export PATH=/usr/local/bin:/usr/bin:/bin DOTNET_ROOT={runtime} NEX_STANDIN_MODULES={Path.Combine(Path.GetDirectoryName(GuestFiles.Kernel)!, "modules")}
            exec {StandinPath} "$@"

            """);
    }

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Nex.slnx")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? "/";
    }
}
