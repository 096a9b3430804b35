using System.Globalization;

namespace Nex.ProcessManager.Launchers.MicroVms.Qemu;

/// <summary>How the processors of a machine are run.</summary>
internal sealed record Accelerator
{
    private const string Device = "/dev/kvm";

    private Accelerator(string name, string option, string kernelOptions)
    {
        Name = name;
        Option = option;
        KernelOptions = kernelOptions;
    }

    internal string Name { get; }

    /// <summary>For QEMU.</summary>
    internal string Option { get; }

    /// <summary>For the command line of the guest's kernel.</summary>
    internal string KernelOptions { get; }

    internal bool IsKvm => Name == "KVM";

    /// <summary>KVM where this process may use it, else emulation.</summary>
    internal static Accelerator Choose() => CanOpen(Device) ? new Accelerator("KVM", "kvm", "") : Emulation();

    /// <summary>
    /// An emulated guest sees the time stamp counter of the host, and cannot measure how fast it counts: calibrating against an emulated timer
    /// does not come to an end. It is told instead; 64 MiB are enough for the code that a small guest is translated to.
    /// </summary>
    private static Accelerator Emulation() =>
        new("emulation, which is slow: this host has no /dev/kvm that may be used", "tcg,tb-size=64", $"lpj=4000000 tsc_early_khz={HostKilohertz()}");

    private static long HostKilohertz()
    {
        const string field = "cpu MHz";
        const long guess = 2_000_000;
        string? line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal));
        return double.TryParse(line?.Split(':').Last(), CultureInfo.InvariantCulture, out double megahertz) && megahertz > 0
            ? (long)(megahertz * 1000)
            : guess;
    }

    private static bool CanOpen(string device)
    {
        try
        {
            File.OpenHandle(device, FileMode.Open, FileAccess.ReadWrite).Dispose();
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
