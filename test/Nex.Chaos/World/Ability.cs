using Nex.ProcessManager;
using Nex.ProcessManager.Configuration;
using Nex.Testing.Files;
using Nex.Testing.Nats;
using Nex.Testing.Processes;

namespace Nex.Chaos.World;

/// <summary>What this host can run.</summary>
internal static class Ability
{
    /// <returns>What hinders a run and what to do about it; null where nothing does.</returns>
    internal static async Task<string?> MissingAsync(ChaosOptions options)
    {
        if (NatsServer.Find() is null)
        {
            return "nats-server is not installed: apt-get install nats-server";
        }

        if (options.IsMachine && GuestOf(options.Sandbox).FirstOrDefault(file => !File.Exists(file)) is { } file)
        {
            return $"{file} is not there: ./build.sh build makes it, or says what hinders it";
        }

        bool hasStandin = options.Sandbox == Sandbox.Firecracker && !HostFirecracker.IsReal;
        if (hasStandin && Environment.UserName != "root")
        {
            return "without firecracker and /dev/kvm a stand-in is used, which needs root: only root can give the node a /dev of its own";
        }

        // The stand-in emulates with QEMU.
        return await ProcessManagerFactory.ProbeAsync(
            new ProcessManagerOptions { Sandbox = hasStandin ? Sandbox.Qemu : options.Sandbox, MicroVm = GuestFiles.Machines });
    }

    private static string[] GuestOf(Sandbox sandbox) =>
        [sandbox == Sandbox.Firecracker ? GuestFiles.UncompressedKernel : GuestFiles.Kernel, GuestFiles.Initramfs];
}
