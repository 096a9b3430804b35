using System.Globalization;
using System.Runtime.InteropServices;
using Nex.ProcessManager.Configuration;

namespace Nex.ProcessManager.Launchers.MicroVms.Qemu;

/// <summary>
/// The command line of one QEMU. Everything that it opens is an open descriptor that it inherits: it needs no file of the host, has no path
/// that somebody else could reach, and may start no process.
/// </summary>
internal sealed class QemuCommand
{
    /// <summary>What every machine is: a small one, without devices that nobody has asked for, whose QEMU ends when it would start again.</summary>
    internal static readonly IReadOnlyList<string> Kind =
    [
        "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
        "-machine", "microvm,acpi=on,rtc=on,pit=on,pic=on,x-option-roms=off,isa-serial=on",
        "-cpu", "max", "-nodefaults", "-no-user-config", "-nographic", "-no-reboot",
    ];

    private readonly List<string> _arguments = [];
    private readonly List<SafeHandle> _descriptors = [];

    internal IReadOnlyList<string> Arguments => _arguments;

    /// <summary>From descriptor 0 on.</summary>
    internal IReadOnlyList<SafeHandle> Descriptors => _descriptors;

    /// <summary>The program and the options that all machines have.</summary>
    /// <param name="name">By which people find the process.</param>
    /// <param name="memory">What the memory of the machine is mapped from; null for memory that is nobody else's.</param>
    /// <param name="share">Whether what the machine writes goes into that file, or only to it.</param>
    internal static QemuCommand Machine(QemuHost host, ProcessManagerOptions options, QemuSockets sockets, string name, SafeHandle? memory, bool share)
    {
        var command = new QemuCommand();
        command._descriptors.AddRange([sockets.Input, sockets.TheirConsole, sockets.TheirConsole]);
        command.Add([.. host.AsMachineUser, host.QemuPath, "-name", $"nex-{name}", .. Kind]);
        command.AddMachine(host, options.MicroVm, memory, share);
        int link = command.Inherit(sockets.TheirLink), monitor = command.Inherit(sockets.TheirMonitor), serial = command.Inherit(sockets.TheirConsole);
        command.Add("-device", "virtio-serial-device");
        command.Add("-chardev", $"socket,id=link,fd={link}", "-device", $"virtserialport,chardev=link,name={GuestArguments.PortName}");
        command.Add("-chardev", $"socket,id=monitor,fd={monitor}", "-mon", "chardev=monitor,mode=control");
        command.Add("-chardev", $"socket,id=console,fd={serial}", "-serial", "chardev:console");
        return command;
    }

    /// <summary>The machine boots a kernel.</summary>
    internal QemuCommand Boot(SafeHandle kernel, SafeHandle initramfs, string kernelArguments)
    {
        Add("-kernel", PathOf(kernel), "-initrd", PathOf(initramfs), "-append", kernelArguments);
        return this;
    }

    /// <summary>The machine goes on where another one was when it was written down.</summary>
    /// <returns>The number of the descriptor that its state is read from.</returns>
    internal int Resume(SafeHandle state)
    {
        Add("-incoming", "defer");
        return Inherit(state);
    }

    /// <summary>A disk that is only read.</summary>
    internal QemuCommand Disk(SafeHandle disk, RateLimiter? limiter)
    {
        int descriptor = Inherit(disk);
        Add("-add-fd", $"fd={descriptor},set=1");
        Add("-blockdev", "driver=file,node-name=file,filename=/dev/fdset/1,read-only=on,locking=off");
        Add("-blockdev", "driver=raw,node-name=raw,file=file,read-only=on");
        string node = "raw";
        if (limiter is not null)
        {
            Add("-object", $"throttle-group,id=limits{Bucket("bps", limiter.Bandwidth)}{Bucket("iops", limiter.Operations)}");
            Add("-blockdev", "driver=throttle,node-name=limited,throttle-group=limits,file=raw,read-only=on");
            node = "limited";
        }

        Add("-device", $"virtio-blk-device,drive={node}");
        return this;
    }

    private static string Bucket(string unit, TokenBucket? bucket) => bucket is null
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $",x-{unit}-total={Math.Max(1, (long)(bucket.Size / bucket.RefillTime.TotalSeconds))}");

    private void AddMachine(QemuHost host, MicroVmOptions machine, SafeHandle? memory, bool share)
    {
        if (memory is not null)
        {
            Add("-machine", "memory-backend=memory");
            Add("-object", $"memory-backend-file,id=memory,size={machine.MemoryMiB}M,share={(share ? "on" : "off")},mem-path={PathOf(memory)}");
        }

        Add("-m", $"{machine.MemoryMiB}M", "-smp", machine.VcpuCount.ToString(CultureInfo.InvariantCulture));
        Add("-accel", host.Accelerator.Option);
    }

    private string PathOf(SafeHandle handle) => $"/proc/self/fd/{Inherit(handle)}";

    private int Inherit(SafeHandle handle)
    {
        _descriptors.Add(handle);
        return _descriptors.Count - 1;
    }

    private void Add(params ReadOnlySpan<string> arguments) => _arguments.AddRange(arguments);
}
