using Microsoft.Win32.SafeHandles;
using Nex.Linux.Interop;

namespace Nex.Linux;

/// <summary>A file in memory without a name (<c>memfd_create</c>), which can be sealed and executed.</summary>
internal static class MemoryFile
{
    private const uint CloseOnExec = 0x1;
    private const uint AllowSealing = 0x2;
    private const uint Executable = 0x10;
    private const int AddSeals = 1033;
    private const int SealSeal = 0x1;
    private const int SealShrink = 0x2;
    private const int SealGrow = 0x4;
    private const int SealWrite = 0x8;
    private const int SealExecutable = 0x20;

    internal static SafeFileHandle Create(string name)
    {
        // MFD_EXEC is known from Linux 6.3 on, where leaving it out is logged by the kernel; before, every such file is executable.
        int descriptor = Libc.MemFdCreate(name, CloseOnExec | AllowSealing | Executable);
        if (descriptor < 0 && Errno.Last == Errno.Invalid)
        {
            descriptor = Libc.MemFdCreate(name, CloseOnExec | AllowSealing);
        }

        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw LinuxException.Last("memfd_create", name);
    }

    /// <summary>
    /// Makes the content unchangeable, by anybody and for ever, and, from Linux 6.3 on, that it can be executed: its owner, who may be whoever
    /// runs it, could otherwise take that from all others.
    /// </summary>
    internal static void Seal(SafeFileHandle file)
    {
        const int content = SealShrink | SealGrow | SealWrite;
        int result = Libc.Fcntl(file, AddSeals, SealSeal | content | SealExecutable);
        if (result < 0 && Errno.Last == Errno.Invalid)
        {
            result = Libc.Fcntl(file, AddSeals, SealSeal | content);
        }

        if (result < 0)
        {
            throw LinuxException.Last("seal", "a file in memory");
        }
    }
}
