using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.ProcessManager.Launchers.Spawning;

namespace Nex.ProcessManager.Launchers.MicroVms.Qemu;

/// <summary>
/// Runs the smallest of all machines on KVM, as a template would be run. That KVM can be opened does not say that it runs a guest: there are
/// hosts whose KVM refuses settings of QEMU, and such that run only kernels made for them, and emulate all other code, a thousand times
/// slower than QEMU would.
/// </summary>
internal static class KvmTrial
{
    private const int FirmwareBytes = 64 * 1024;

    /// <summary>Where a processor begins, counted from the end of the firmware.</summary>
    private const int ResetVector = 16;

    /// <summary>How QEMU ends when the firmware has come to its end: what it writes, doubled, and one.</summary>
    private const int Success = (0x2a << 1) | 1;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// 32-bit code, since what switches to it is what is emulated where there is no real KVM, and counts to 100 million, which takes a
    /// processor less than a tenth of a second.
    /// </summary>
    private static readonly byte[] Code =
    [
        0xfa, // cli
        0x2e, 0x66, 0x0f, 0x01, 0x16, 0x38, 0x00, // lgdtl %cs:0x38
        0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0, // mov %cr0, %eax; or $1, %al; mov %eax, %cr0
        0x66, 0xea, 0x18, 0x00, 0xff, 0xff, 0x08, 0x00, // ljmpl $8, $0xffff0018
        0xb9, 0x00, 0xe1, 0xf5, 0x05, // mov $100000000, %ecx
        0x49, 0x75, 0xfd, // 1: dec %ecx; jnz 1b
        0xb0, 0x2a, 0xe6, 0xf4, // mov $0x2a, %al; out %al, $0xf4
        0xf4, 0xeb, 0xfd, // 2: hlt; jmp 2b
        0x90,
        0, 0, 0, 0, 0, 0, 0, 0, // The table of segments: none,
        0xff, 0xff, 0, 0, 0, 0x9b, 0xcf, 0, // and all memory as code.
        15, 0, 0x28, 0x00, 0xff, 0xff, // Its size and place.
    ];

    private static readonly byte[] Reset = [0xe9, 0x0d, 0x00]; // jmp to the begin of the firmware

    /// <returns>Null when the machine ran, or why it did not, as the end of a sentence.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    internal static async Task<string?> RunAsync(
        string qemu, string accelerator, IReadOnlyList<string> asMachineUser, TimeProvider time, CancellationToken cancellationToken)
    {
        using SafeFileHandle firmware = CreateFirmware();
        using var deadline = new CancellationTokenSource(Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        string[] arguments =
        [
            .. asMachineUser.Skip(1), qemu, .. QemuCommand.Kind, "-accel", accelerator, "-m", "16M", "-bios", $"/proc/self/fd/{CommandRun.InheritedDescriptor}",
            "-device", "isa-debug-exit,iobase=0xf4,iosize=1",
        ];
        try
        {
            (ProcessExit exit, string output) = await CommandRun.RunAsync(asMachineUser[0], arguments, either.Token, firmware).ConfigureAwait(false);
            return exit.Code == Success ? null : $"QEMU does not run a machine on it ({exit}; it wrote: {output.Split('\n')[0].Trim()})";
        }
        catch (LinuxException failure)
        {
            return $"QEMU could not be started: {failure.Message}";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"a machine that counts to 100 million did not come to its end within {Timeout.TotalSeconds:0} s, so that ordinary kernels would not run";
        }
    }

    private static SafeFileHandle CreateFirmware()
    {
        SafeFileHandle firmware = MemoryFile.Create("nex-kvm-trial");
        RandomAccess.SetLength(firmware, FirmwareBytes);
        RandomAccess.Write(firmware, Code, 0);
        RandomAccess.Write(firmware, Reset, FirmwareBytes - ResetVector);
        return firmware;
    }
}
