using System.Runtime.InteropServices;

namespace Nex.Linux.Interop;

internal static unsafe partial class Libc
{
    internal const int WaitNoHang = 1;
    internal const int WaitExited = 4;
    internal const int WaitNoReap = 0x01000000;
    internal const int WaitForAny = 0;
    internal const int WaitForProcess = 1;
    internal const int WaitForPidFd = 3;

    [LibraryImport(Library, EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int PosixSpawn(
        out int pid, string path, SpawnFileActions* fileActions, SpawnAttributes* attributes, byte** argv, byte** environment);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_init")]
    internal static partial int FileActionsInit(SpawnFileActions* actions);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_destroy")]
    internal static partial int FileActionsDestroy(SpawnFileActions* actions);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_adddup2")]
    internal static partial int FileActionsAddDup2(SpawnFileActions* actions, int source, int target);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_addclosefrom_np")]
    internal static partial int FileActionsAddCloseFrom(SpawnFileActions* actions, int first);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_addchdir_np", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int FileActionsAddChdir(SpawnFileActions* actions, string path);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_init")]
    internal static partial int SpawnAttributesInit(SpawnAttributes* attributes);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_destroy")]
    internal static partial int SpawnAttributesDestroy(SpawnAttributes* attributes);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setflags")]
    internal static partial int SpawnAttributesSetFlags(SpawnAttributes* attributes, short flags);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setsigmask")]
    internal static partial int SpawnAttributesSetSignalMask(SpawnAttributes* attributes, SignalSet* set);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setsigdefault")]
    internal static partial int SpawnAttributesSetSignalDefault(SpawnAttributes* attributes, SignalSet* set);

    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    internal static partial int Kill(int pid, int signal);

    [LibraryImport(Library, EntryPoint = "waitid", SetLastError = true)]
    internal static partial int WaitId(int idType, int id, SignalInfo* info, int options);

    // pidfd_open(2) and pidfd_send_signal(2) have no wrapper before glibc 2.36; the call numbers are the same on every architecture.
    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint PidFdOpen(nint number, int pid, uint flags);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint PidFdSendSignal(nint number, SafeHandle pidFd, int signal, nint info, uint flags);

    internal const nint PidFdOpenNumber = 434;
    internal const nint PidFdSendSignalNumber = 424;

    /// <summary>glibc's <c>posix_spawn_file_actions_t</c>: opaque, 80 bytes on 64-bit; room to spare.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    internal struct SpawnFileActions;

    /// <summary>glibc's <c>posix_spawnattr_t</c>: opaque, 336 bytes on 64-bit; room to spare.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 512)]
    internal struct SpawnAttributes;

    /// <summary>glibc's <c>sigset_t</c>: 1,024 bits, of which the kernel knows 64.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    internal struct SignalSet
    {
        public ulong First64;
    }

    /// <summary>The head of <c>siginfo_t</c> as <c>waitid</c> fills it on 64-bit Linux; 128 bytes in all.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    internal struct SignalInfo
    {
        public int Signal;
        public int Error;
        public int Code;
        public int Padding;
        public int Pid;
        public uint UserId;
        public int Status;
    }
}
