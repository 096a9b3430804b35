using System.Globalization;
using System.Runtime.Intrinsics.X86;

namespace Nex.ProcessManager.Launchers.MicroVms.Qemu;

/// <summary>How fast the time stamp counter of this host counts.</summary>
internal static class TimeStampCounter
{
    private const int RatioLeaf = 0x15;
    private const int HypervisorLeaf = 0x4000_0000;
    private const int HypervisorFrequencyLeaf = 0x4000_0010;
    private const int Guess = 2_000_000;

    /// <summary>
    /// As exactly as the host tells. The speed at which its processors run just now comes last: it is another the next moment where they save
    /// power, while the counter goes on as ever.
    /// </summary>
    internal static long Kilohertz { get; } = FromProcessor() ?? FromHypervisor() ?? FromFiles() ?? Guess;

    /// <summary>Processors of Intel tell what it is derived from.</summary>
    private static long? FromProcessor()
    {
        if (!X86Base.IsSupported || X86Base.CpuId(0, 0).Eax < RatioLeaf)
        {
            return null;
        }

        (int denominator, int numerator, int crystal, _) = X86Base.CpuId(RatioLeaf, 0);
        return denominator > 0 && numerator > 0 && crystal > 0 ? (long)crystal * numerator / denominator / 1000 : null;
    }

    private static long? FromHypervisor()
    {
        if (!X86Base.IsSupported)
        {
            return null;
        }

        const int hypervisorBit = 1 << 31;
        bool isMachine = (X86Base.CpuId(1, 0).Ecx & hypervisorBit) != 0;
        return isMachine && (uint)X86Base.CpuId(HypervisorLeaf, 0).Eax is >= HypervisorFrequencyLeaf and < HypervisorLeaf + 0x100
            && X86Base.CpuId(HypervisorFrequencyLeaf, 0).Eax is > 0 and int kilohertz
            ? kilohertz
            : null;
    }

    /// <summary>Whole megahertz, so that two starts on one host agree.</summary>
    private static long? FromFiles()
    {
        const string processor = "/sys/devices/system/cpu/cpu0";
        return Read($"{processor}/cpufreq/base_frequency", perKilohertz: 1)
            ?? Read($"{processor}/acpi_cppc/nominal_freq", perKilohertz: 1000)
            ?? FromProcessorList();
    }

    private static long? FromProcessorList()
    {
        string? line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("cpu MHz", StringComparison.Ordinal));
        return double.TryParse(line?.Split(':')[^1], CultureInfo.InvariantCulture, out double megahertz) && megahertz >= 1
            ? (long)Math.Round(megahertz) * 1000
            : null;
    }

    private static long? Read(string path, int perKilohertz)
    {
        try
        {
            return long.TryParse(File.ReadAllText(path), CultureInfo.InvariantCulture, out long value) && value > 0 ? value * perKilohertz : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
