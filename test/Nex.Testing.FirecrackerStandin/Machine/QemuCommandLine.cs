using System.Runtime.InteropServices;
using Nex.ProcessManager.Launchers.MicroVms.Qemu;
using Nex.Testing.FirecrackerStandin.Configuration;

namespace Nex.Testing.FirecrackerStandin.Machine;

/// <summary>
/// The arguments and the descriptors of QEMU for a machine. A machine and its copies have the same devices in the same places, or the
/// state of one would not fit the other.
/// </summary>
internal sealed class QemuCommandLine
{
    /// <summary>
    /// Without these the guest's clock is never calibrated under emulation, or counts late ticks. The last makes <c>reboot</c> a reset here: Firecracker has the
    /// keyboard controller that <c>reboot=k</c> writes to, and this machine has none.
    /// </summary>
    private static readonly string EmulationArguments = $"lpj=4000000 tsc=reliable tsc_early_khz={TimeStampCounter.Kilohertz} reboot=t";

    /// <summary>The first descriptor behind the standard three.</summary>
    private readonly List<SafeHandle> _descriptors;

    private readonly List<string> _arguments =
    [
        "qemu-system-x86_64",
        "-M", "microvm,acpi=on,rtc=on,pit=on,pic=on,x-option-roms=off,isa-serial=on,memory-backend=mem",
        "-accel", "tcg", "-cpu", "max", "-nodefaults", "-no-user-config", "-display", "none",
        // That the guest has ended the machine is told first, with how, and this program decides.
        "-no-reboot", "-no-shutdown", "-S",
    ];

    private readonly VmDescription _vm;

    /// <summary>The interrupt of the first does not reach a guest that learns of its devices by ACPI (QEMU 7.2).</summary>
    private int _bus = 1;

    /// <param name="standard">Its standard input, output and error.</param>
    internal QemuCommandLine(VmDescription vm, IReadOnlyList<SafeHandle> standard)
    {
        _vm = vm;
        _descriptors = [.. standard];
        Add("-smp", $"{vm.Machine.VcpuCount}", "-m", $"{vm.Machine.MemSizeMib}M");
    }

    internal IReadOnlyList<string> Arguments => _arguments;

    internal IReadOnlyList<SafeHandle> Descriptors => _descriptors;

    /// <summary>Takes commands on a socket.</summary>
    internal void AddControl(SafeHandle socket) =>
        Add("-chardev", $"socket,id=control,fd={Pass(socket)}", "-mon", "chardev=control,mode=control");

    /// <summary>Puts the serial console on a socket.</summary>
    internal void AddConsole(SafeHandle socket) => Add("-chardev", $"socket,id=console,fd={Pass(socket)}", "-serial", "chardev:console");

    /// <summary>Puts the port over which the guest's sockets are carried on a socket.</summary>
    internal void AddBridge(SafeHandle socket) => Add(
        "-chardev", $"socket,id=bridge,fd={Pass(socket)}",
        "-device", $"virtio-serial-device,{NextBus()}", "-device", "virtserialport,chardev=bridge,name=firecracker-standin");

    /// <param name="isShared">Whether what the guest writes goes into the file, or into pages of this process only.</param>
    internal void AddMemory(SafeHandle file, bool isShared) => Add(
        "-object",
        $"memory-backend-file,id=mem,size={_vm.Machine.MemSizeMib}M,share={(isShared ? "on" : "off")},mem-path={PathOf(Pass(file))}");

    internal void AddKernel(SafeHandle kernel, SafeHandle initrd, string arguments) => Add(
        "-kernel", PathOf(Pass(kernel)), "-initrd", PathOf(Pass(initrd)),
        "-append", $"{arguments} {EmulationArguments} {GuestFiles.Argument}");

    /// <summary>Waits for the state of another machine, instead of starting.</summary>
    internal void AddIncoming() => Add("-incoming", "defer");

    /// <param name="driveFiles">The open file of each drive.</param>
    /// <param name="taps">The open TAP device of each interface.</param>
    internal void AddDevices(IReadOnlyList<SafeHandle> driveFiles, IReadOnlyList<SafeHandle> taps)
    {
        for (int index = 0; index < _vm.Drives.Count; index++)
        {
            AddDrive(index, _vm.Drives[index], driveFiles[index]);
        }

        for (int index = 0; index < taps.Count; index++)
        {
            // Its rate limiters and its MTU are only kept: QEMU has no simple way to apply them.
            string mac = _vm.NetworkInterfaces[index].GuestMac is { } address ? $",mac={address}" : "";
            Add("-netdev", $"tap,id=net{index},fd={Pass(taps[index])}", "-device", $"virtio-net-device,netdev=net{index}{mac},{NextBus()}");
        }

        if (_vm.Entropy is { } entropy)
        {
            // Its limit on operations is only kept.
            string limit = entropy.RateLimiter?.Bandwidth is { RefillTime: > 0, Size: > 0 } bucket
                ? $"max-bytes={bucket.Size},period={bucket.RefillTime},"
                : "";
            Add("-object", "rng-random,id=random,filename=/dev/urandom", "-device", $"virtio-rng-device,rng=random,{limit}{NextBus()}");
        }

        if (_vm.Balloon is { } balloon)
        {
            // Hinting, reporting and statistics are only kept.
            Add("-device", $"virtio-balloon-device,id=balloon,deflate-on-oom={(balloon.DeflateOnOom ? "on" : "off")},{NextBus()}");
        }
    }

    private void AddDrive(int index, Drive drive, SafeHandle file)
    {
        bool isReadOnly = drive.IsReadOnly ?? false;
        int set = DriveNodes.FirstFileSet(index);
        Add(
            "-add-fd", $"fd={Pass(file)},set={set}",
            "-object", DriveNodes.Limits(index, drive.RateLimiter).ToJsonString(),
            "-blockdev", DriveNodes.File(DriveNodes.FirstFile(index), set, isReadOnly).ToJsonString(),
            "-blockdev", DriveNodes.Format(index, DriveNodes.FirstFile(index), isReadOnly).ToJsonString(),
            "-blockdev", DriveNodes.Throttle(index, isReadOnly).ToJsonString(),
            "-device", $"virtio-blk-device,drive={DriveNodes.Top(index)},{NextBus()}");
    }

    /// <summary>The buses are named, since the guest numbers its devices in their order.</summary>
    private string NextBus() => $"bus=virtio-mmio-bus.{_bus++}";

    private int Pass(SafeHandle descriptor)
    {
        _descriptors.Add(descriptor);
        return _descriptors.Count - 1;
    }

    private static string PathOf(int descriptor) => $"/proc/self/fd/{descriptor}";

    private void Add(params string[] arguments) => _arguments.AddRange(arguments);
}
