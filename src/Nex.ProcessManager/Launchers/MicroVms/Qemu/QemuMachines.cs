using Microsoft.Win32.SafeHandles;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.MicroVms.Qemu.Qmp;
using Nex.ProcessManager.Launchers.MicroVms.Templates;

namespace Nex.ProcessManager.Launchers.MicroVms.Qemu;

/// <summary>Starts machines of one size, kernel and image: booted, or cloned.</summary>
internal sealed class QemuMachines : IDisposable
{
    private readonly QemuHost _host;
    private readonly ProcessManagerOptions _options;
    private readonly TimeProvider _time;
    private readonly MachineStep? _onStep;
    private readonly GuestFile _kernel;
    private readonly GuestFile _initramfs;
    private readonly RootDisk? _disk;

    private QemuMachines(
        QemuHost host, ProcessManagerOptions options, TimeProvider time, MachineStep? onStep, GuestFile kernel, GuestFile initramfs, RootDisk? disk)
    {
        _host = host;
        _options = options;
        _time = time;
        _onStep = onStep;
        _kernel = kernel;
        _initramfs = initramfs;
        _disk = disk;
    }

    /// <summary>Of everything that a template depends on.</summary>
    internal TemplateKey Key => TemplateKey.Of(
        _host.Version,
        _host.Accelerator.Option,
        KernelArguments,
        _kernel.Sha256,
        _initramfs.Sha256,
        _disk?.Sha256 ?? "",
        $"{_options.MicroVm.VcpuCount} {_options.MicroVm.MemoryMiB} {_options.MicroVm.DiskRateLimiter}",
        _host.Accelerator.IsNative ? HostProcessor.Model : "");

    private string KernelArguments =>
        $"console=ttyS0 quiet loglevel=1 reboot=t panic=-1 {_host.Accelerator.KernelOptions} {GuestArguments.For($"virtio-serial:{GuestArguments.PortName}", _options.WorkspaceBytes, _disk)}";

    /// <exception cref="ProcessManagerException">A file cannot be read.</exception>
    internal static QemuMachines Open(QemuHost host, ProcessManagerOptions options, TimeProvider time, MachineStep? onStep)
    {
        GuestFile? kernel = null, initramfs = null;
        try
        {
            kernel = GuestFile.Read(options.MicroVm.KernelPath, "kernel", nameof(MicroVmOptions.KernelPath));
            initramfs = GuestFile.Read(options.MicroVm.InitramfsPath, "initramfs", nameof(MicroVmOptions.InitramfsPath));
            RootDisk? disk = options.MicroVm.RootDiskPath is { } path ? RootDisk.Open(path) : null;
            return new QemuMachines(host, options, time, onStep, kernel, initramfs, disk);
        }
        catch
        {
            kernel?.Dispose();
            initramfs?.Dispose();
            throw;
        }
    }

    /// <param name="name">By which people find its process.</param>
    /// <param name="memory">The file to keep its memory in; null for none.</param>
    /// <exception cref="IOException">QEMU could not be started.</exception>
    internal Task<QemuVm> BootAsync(string name, AgentDiagnostics diagnostics, SafeFileHandle? memory, CancellationToken cancellationToken) =>
        StartAsync(
            name,
            sockets => WithDisk(QemuCommand.Machine(_host, _options, sockets, name, memory, share: true)).Boot(_kernel.Handle, _initramfs.Handle, KernelArguments),
            diagnostics,
            cancellationToken);

    /// <exception cref="MachineEndedException">QEMU ended before the machine ran, as it does when it cannot go on from the template.</exception>
    /// <exception cref="QmpException">QEMU did not do what it was told.</exception>
    /// <exception cref="IOException">QEMU could not be started.</exception>
    internal async Task<QemuVm> CloneAsync(string name, Template template, AgentDiagnostics diagnostics, CancellationToken cancellationToken)
    {
        // A position in a file belongs to all who have it open: each clone opens the state for itself.
        using SafeFileHandle state = File.OpenHandle($"/proc/self/fd/{template.State.DangerousGetHandle()}");
        int number = 0;
        QemuVm vm = await StartAsync(
            name,
            sockets =>
            {
                QemuCommand command = WithDisk(QemuCommand.Machine(_host, _options, sockets, name, template.Memory, share: false));
                number = command.Resume(state);
                return command;
            },
            diagnostics,
            cancellationToken).ConfigureAwait(false);
        await vm.UseAsync(() => vm.ResumeAsync(number, cancellationToken)).ConfigureAwait(false);
        return vm;
    }

    public void Dispose()
    {
        _kernel.Dispose();
        _initramfs.Dispose();
        _disk?.Dispose();
    }

    private async Task<QemuVm> StartAsync(
        string name, Func<QemuSockets, QemuCommand> command, AgentDiagnostics diagnostics, CancellationToken cancellationToken)
    {
        using var sockets = new QemuSockets();
        Action<int, string>? onStep = _onStep is null ? null : (processId, step) => _onStep(name, processId, step);
        return await QemuVm.StartAsync(command(sockets), sockets, diagnostics, _time, onStep, cancellationToken).ConfigureAwait(false);
    }

    private QemuCommand WithDisk(QemuCommand command) => _disk is null ? command : command.Disk(_disk.Handle, _options.MicroVm.DiskRateLimiter);
}
