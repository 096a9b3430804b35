using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Nex.Linux.Interop;

namespace Nex.Linux;

/// <summary>File descriptors. All that are made here are closed when a program is executed.</summary>
internal static unsafe class Descriptor
{
    private const int GetFlags = 3;
    private const int SetFlags = 4;
    private const int SetDescriptorFlags = 2;
    private const int SetOwner = 8;
    private const int SetSignal = 10;
    private const int DuplicateCloseOnExec = 1030;
    private const int CloseOnExecFlag = 1;
    private const int NonBlockingFlag = 0x800;
    private const int SignalOwnerFlag = 0x2000;
    private const int CloseOnExecOnOpen = 0x80000;

    /// <summary>
    /// Opens a file or a directory for reading, and never waits, which <see cref="File.OpenHandle"/> cannot do: it refuses directories, and
    /// waits for the other end of a pipe.
    /// </summary>
    /// <exception cref="LinuxException">It cannot be opened.</exception>
    internal static SafeFileHandle OpenReadOnly(string path)
    {
        while (true)
        {
            int descriptor = Libc.Open(path, NonBlockingFlag | CloseOnExecOnOpen);
            if (descriptor >= 0)
            {
                return new SafeFileHandle(descriptor, ownsHandle: true);
            }

            if (Errno.Last != Errno.Interrupted)
            {
                throw LinuxException.Last("open", path);
            }
        }
    }

    /// <summary>Takes over a descriptor that a call has just returned.</summary>
    /// <exception cref="LinuxException">It returned none.</exception>
    internal static SafeFileHandle Own(int descriptor, string operation, string target) =>
        descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw LinuxException.Last(operation, target);

    /// <summary>A second descriptor for the same file, with a number not below <paramref name="lowest"/>.</summary>
    internal static SafeFileHandle Duplicate(SafeHandle source, int lowest = 3)
    {
        int copy = Libc.Fcntl(source, DuplicateCloseOnExec, lowest);
        return copy >= 0 ? new SafeFileHandle(copy, ownsHandle: true) : throw LinuxException.Last("duplicate", "a descriptor");
    }

    /// <summary>Keeps an inherited descriptor from being inherited further.</summary>
    internal static void CloseOnExec(SafeHandle descriptor)
    {
        if (Libc.Fcntl(descriptor, SetDescriptorFlags, CloseOnExecFlag) < 0)
        {
            throw LinuxException.Last("set close-on-exec of", "a descriptor");
        }
    }

    internal static void MakeNonBlocking(SafeHandle descriptor)
    {
        int flags = Libc.Fcntl(descriptor, GetFlags, 0);
        if (flags < 0 || Libc.Fcntl(descriptor, SetFlags, flags | NonBlockingFlag) < 0)
        {
            throw LinuxException.Last("set non-blocking mode of", "a descriptor");
        }
    }

    /// <summary>
    /// Has the kernel kill a process when the last writer of a pipe is gone. Unlike the signal at the death of a parent, this is not lost when the
    /// process becomes another user: it is sent with the rights of who asked for it here. The reader has to stay open somewhere, as in that
    /// process, and nothing may be written.
    /// </summary>
    internal static void KillAtEnd(SafeHandle reader, int processId)
    {
        int flags = Libc.Fcntl(reader, GetFlags, 0);
        if (flags < 0
            || Libc.Fcntl(reader, SetOwner, processId) < 0
            || Libc.Fcntl(reader, SetSignal, Signals.Kill) < 0
            || Libc.Fcntl(reader, SetFlags, flags | SignalOwnerFlag) < 0)
        {
            throw LinuxException.Last("set the owner of", "a pipe");
        }
    }

    /// <summary>A pipe, both ends blocking.</summary>
    internal static (SafeFileHandle Reader, SafeFileHandle Writer) CreatePipe()
    {
        int* ends = stackalloc int[2];
        return Libc.Pipe(ends, CloseOnExecOnOpen) == 0
            ? (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true))
            : throw LinuxException.Last("create", "a pipe");
    }

    /// <summary>Reads once.</summary>
    /// <returns>The bytes read, zero at the end, or null where a non-blocking descriptor has nothing now.</returns>
    internal static int? Read(SafeHandle descriptor, Span<byte> buffer)
    {
        while (true)
        {
            nint count;
            fixed (byte* start = buffer)
            {
                count = Libc.Read(descriptor, start, (nuint)buffer.Length);
            }

            if (count >= 0)
            {
                return (int)count;
            }

            switch (Errno.Last)
            {
                case Errno.Interrupted:
                    continue;
                case Errno.Again:
                    return null;
                default:
                    throw LinuxException.Last("read", "a descriptor");
            }
        }
    }

    /// <summary>Writes once.</summary>
    /// <returns>The bytes written, or null where a non-blocking descriptor takes nothing now.</returns>
    internal static int? TryWrite(SafeHandle descriptor, ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            nint count;
            fixed (byte* start = bytes)
            {
                count = Libc.Write(descriptor, start, (nuint)bytes.Length);
            }

            if (count >= 0)
            {
                return (int)count;
            }

            switch (Errno.Last)
            {
                case Errno.Interrupted:
                    continue;
                case Errno.Again:
                    return null;
                default:
                    throw LinuxException.Last("write", "a descriptor");
            }
        }
    }

    /// <summary>Opens a device for reading and writing that never waits.</summary>
    /// <returns>Null where it is not there, or not ready yet.</returns>
    /// <exception cref="LinuxException">It cannot be opened.</exception>
    internal static SafeFileHandle? TryOpenDevice(string path)
    {
        const int readWrite = 2;
        int descriptor = Libc.Open(path, readWrite | NonBlockingFlag | CloseOnExecOnOpen);
        if (descriptor >= 0)
        {
            return new SafeFileHandle(descriptor, ownsHandle: true);
        }

        return Errno.Last is Errno.NoEntry or Errno.NoDevice or Errno.NoDeviceOrAddress
            ? null
            : throw LinuxException.Last("open", path);
    }
}
