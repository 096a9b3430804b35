using System.Text;
using Nex.Bench.Harness;
using Nex.Linux.Processes;
using Nex.ProcessManager.Configuration;

namespace Nex.Bench.Running;

/// <summary>Machines of QEMU, and their processes on the host.</summary>
internal static class Machines
{
    /// <summary>Of the kernel and the image that <c>./build.sh</c> makes; the template of a run is in its workspace.</summary>
    internal static MicroVmOptions Options(BenchContext context) => new()
    {
        KernelPath = Path.Combine(context.GuestDirectory, "kernel/vmlinuz"),
        InitramfsPath = Path.Combine(context.GuestDirectory, "initramfs"),
        TemplateDirectory = TemplateDirectory(context),
        BootTimeout = TimeSpan.FromMinutes(3),
    };

    internal static string TemplateDirectory(BenchContext context) => Path.Combine(context.Workspace.DirectoryPath, "templates");

    /// <summary>A pool of machines that are clones of the template.</summary>
    internal static ProcessManagerOptions Clones(BenchContext context, int size) => RunningPool.Options(context, Sandbox.Qemu, size);

    /// <exception cref="SkippedException">There is nothing that they could boot.</exception>
    internal static void RequireFiles(MicroVmOptions machine)
    {
        if (new[] { machine.KernelPath, machine.InitramfsPath }.FirstOrDefault(file => !File.Exists(file)) is { } missing)
        {
            throw new SkippedException($"{missing} is not there: ./build.sh build makes it, or says what hinders it");
        }
    }

    /// <summary>Those that managers of this program run now.</summary>
    internal static IReadOnlyList<ProcessIdentity> Running() =>
    [
        .. ProcessStat.ReadAll()
            .Where(stat => stat.ParentId == Environment.ProcessId && !stat.IsZombie && IsMachine(stat.ProcessId))
            .Select(stat => new ProcessIdentity(stat.ProcessId, stat.StartTime)),
    ];

    /// <summary>The command line of a process, its program first.</summary>
    internal static string[] CommandLine(int pid) =>
        File.ReadAllText($"/proc/{pid}/cmdline", Encoding.UTF8).Split('\0', StringSplitOptions.RemoveEmptyEntries);

    private static bool IsMachine(int pid) => CommandLine(pid) is [{ } program, ..] && Path.GetFileName(program).StartsWith("qemu-system-", StringComparison.Ordinal);
}
