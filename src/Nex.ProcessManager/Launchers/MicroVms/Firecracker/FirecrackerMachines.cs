using Nex.Firecracker;
using Nex.Firecracker.Api;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.MicroVms.Templates;
using Nex.ProcessManager.Launchers.RunDirectories;

namespace Nex.ProcessManager.Launchers.MicroVms.Firecracker;

/// <summary>Starts machines of one size, kernel and image: booted, or cloned.</summary>
internal sealed class FirecrackerMachines(FirecrackerHost host, ProcessManagerOptions options, BootFiles files, VmmHomes homes, VmmSettings settings)
{
    /// <summary>Of everything that a template depends on.</summary>
    internal TemplateKey Key => TemplateKey.Of(
        host.Version,
        KernelArguments,
        files.Kernel.Sha256,
        files.Initramfs.Sha256,
        // Where a machine finds its disk is part of its state.
        files.Disk is { } disk ? $"{disk.Sha256} {homes.Paths.Disk}" : "",
        $"{options.MicroVm.VcpuCount} {options.MicroVm.MemoryMiB} {options.MicroVm.DiskRateLimiter}",
        HostProcessor.Model);

    private string KernelArguments =>
        $"console=ttyS0 quiet loglevel=1 reboot=k panic=-1 {GuestArguments.For($"vsock:{VmmHome.LinkPort}", options.WorkspaceBytes, files.Disk)}";

    /// <param name="template">What it is to be written to; null where it is not written.</param>
    /// <exception cref="IOException">Firecracker could not be started, or its machine ended early.</exception>
    /// <exception cref="FirecrackerException">It did not do what it was asked.</exception>
    internal Task<FirecrackerVm> BootAsync(AgentDirectory directory, AgentDiagnostics diagnostics, Template? template, CancellationToken cancellationToken)
    {
        VmmHome home = homes.ForBoot(NameOf(directory), directory.Work, template);
        return FirecrackerVm.StartAsync(home, directory, diagnostics, settings, ConfigureAsync, cancellationToken);

        async Task ConfigureAsync(FirecrackerClient client, VmmPaths paths)
        {
            await client.PutMachineConfigurationAsync(ApiSettings.Machine(options.MicroVm), cancellationToken).ConfigureAwait(false);
            await client.PutBootSourceAsync(ApiSettings.BootSource(paths, KernelArguments), cancellationToken).ConfigureAwait(false);
            if (files.Disk is not null)
            {
                await client.PutDriveAsync(ApiSettings.Disk(paths, options.MicroVm.DiskRateLimiter), cancellationToken).ConfigureAwait(false);
            }

            await client.PutEntropyAsync(new EntropyDevice(), cancellationToken).ConfigureAwait(false);
            await client.PutVsockAsync(ApiSettings.Vsock(paths), cancellationToken).ConfigureAwait(false);
            await client.StartInstanceAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <exception cref="MachineEndedException">It ended before its agent had connected.</exception>
    /// <exception cref="IOException">Firecracker could not be started.</exception>
    /// <exception cref="FirecrackerException">It cannot go on from the template, or its API did not come up.</exception>
    internal Task<FirecrackerVm> CloneAsync(AgentDirectory directory, AgentDiagnostics diagnostics, Template template, CancellationToken cancellationToken)
    {
        VmmHome home = homes.ForClone(NameOf(directory), directory.Work, template);
        return FirecrackerVm.StartAsync(
            home, directory, diagnostics, settings, (client, paths) => client.LoadSnapshotAsync(ApiSettings.Load(paths), cancellationToken), cancellationToken);
    }

    private static string NameOf(AgentDirectory directory) => Path.GetFileName(directory.Path);
}
