using System.Runtime.InteropServices;

namespace Nex.Linux.Interop;

internal static unsafe partial class Libc
{
    [LibraryImport(Library, EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Mount(string source, string target, string? type, nuint flags, string? data);

    [LibraryImport(Library, EntryPoint = "chroot", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ChangeRoot(string path);

    [LibraryImport(Library, EntryPoint = "sethostname", SetLastError = true)]
    internal static partial int SetHostName(byte* name, nuint length);

    [LibraryImport(Library, EntryPoint = "reboot", SetLastError = true)]
    internal static partial int Reboot(int command);

    [LibraryImport(Library, EntryPoint = "sync")]
    internal static partial void Sync();

    [LibraryImport(Library, EntryPoint = "clock_settime", SetLastError = true)]
    internal static partial int SetClock(int clock, in TimeSpec time);

    [LibraryImport(Library, EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ChangeOwner(string path, uint userId, uint groupId);

    [LibraryImport(Library, EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Link(string existing, string path);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Control(SafeHandle descriptor, nuint request, void* argument);

    // The C library's wrappers of the calls that change credentials change them for all threads; the calls themselves, for one.
    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint SystemCall(nint number, nint first, nint second, nint third);

    // finit_module(2) has no wrapper.
    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint LoadModule(nint number, SafeHandle module, string parameters, int flags);

    [StructLayout(LayoutKind.Sequential)]
    internal struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    /// <summary>The numbers of system calls, which depend on the architecture.</summary>
    internal static class Number
    {
        private static readonly bool Arm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

        internal static nint LoadModule => Arm ? 273 : 313;

        internal static nint SetGroups => Arm ? 159 : 116;

        internal static nint SetUserIds => Arm ? 147 : 117;

        internal static nint SetGroupIds => Arm ? 149 : 119;

        internal static nint KeyControl => Arm ? 219 : 250;
    }
}
