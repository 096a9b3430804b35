namespace Nex.ProcessManager.Launchers.MicroVms;

/// <summary>
/// What kind of processor this host has. A machine that it runs by itself, and not emulated, has the same, and goes on only on such a one: a
/// template does not move to another host, nor through a change of microcode that takes a feature away.
/// </summary>
internal static class HostProcessor
{
    /// <summary>As x86 and arm64 name what does not change from one moment, or one processor, to the next.</summary>
    private static readonly string[] Lasting =
    [
        "vendor_id", "cpu family", "model", "model name", "stepping", "flags",
        "CPU implementer", "CPU architecture", "CPU variant", "CPU part", "CPU revision", "Features",
    ];

    /// <summary>Equal for hosts with the same.</summary>
    internal static string Model => ModelIn(File.ReadAllText("/proc/cpuinfo"));

    /// <param name="text">As the kernel describes its processors.</param>
    internal static string ModelIn(string text) => string.Join(
        '\n', text.Split("\n\n")[0].Split('\n').Where(line => Lasting.Contains(line.Split(':')[0].TrimEnd())));
}
