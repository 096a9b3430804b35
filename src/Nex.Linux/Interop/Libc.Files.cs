using System.Runtime.InteropServices;

namespace Nex.Linux.Interop;

internal static unsafe partial class Libc
{
    internal const int CurrentDirectory = -100;
    internal const int DoNotFollowLink = 0x100;
    internal const uint BasicStatus = 0x7ff;

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Create(string path, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    internal static partial int Lock(SafeHandle file, int operation);

    // statx(2) rather than stat(2): its structure is the same on every architecture.
    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int StatX(int directory, string path, int flags, uint mask, ExtendedStatus* status);

    [LibraryImport(Library, EntryPoint = "statvfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int StatFileSystem(string path, FileSystemStatus* status);

    /// <summary>The head of <c>struct statvfs</c> of 64-bit systems, with room to spare behind it.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct FileSystemStatus
    {
        [FieldOffset(72)]
        public ulong Flags;
    }

    /// <summary>The head of <c>struct statx</c>; 256 bytes in all.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    internal struct ExtendedStatus
    {
        public uint Mask;
        public uint BlockSize;
        public ulong Attributes;
        public uint Links;
        public uint UserId;
        public uint GroupId;
        public ushort Mode;
    }
}
