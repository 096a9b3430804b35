using Nex.ProcessManager.Configuration;

namespace Nex.Demo.Host;

/// <summary>The kernel and the image that <c>./build.sh</c> makes for microVMs.</summary>
internal static class GuestFiles
{
    /// <summary>From <c>artifacts/bin/Nex.Demo/release</c>, where the demo is built, to <c>artifacts/guest</c>.</summary>
    private static readonly string Root = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../guest"));

    /// <summary>Puts them into options, with waits that are long enough for machines that are emulated.</summary>
    /// <exception cref="RequirementException">They have not been made.</exception>
    internal static ProcessManagerOptions Find(ProcessManagerOptions options)
    {
        var machine = new MicroVmOptions
        {
            KernelPath = Path.Combine(Root, "kernel/vmlinuz"),
            InitramfsPath = Path.Combine(Root, "initramfs"),
            BootTimeout = TimeSpan.FromMinutes(3),
        };
        string[] missing = [.. new[] { machine.KernelPath, machine.InitramfsPath }.Where(file => !File.Exists(file))];
        return missing.Length == 0
            ? options with { MicroVm = machine, PingTimeout = TimeSpan.FromSeconds(20) }
            : throw new RequirementException($"MicroVMs need {string.Join(" and ", missing)}: make them with ./build.sh build, which says what hinders it.");
    }
}
