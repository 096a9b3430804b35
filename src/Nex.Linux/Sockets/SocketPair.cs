using Microsoft.Win32.SafeHandles;
using Nex.Linux.Interop;

namespace Nex.Linux.Sockets;

/// <summary>Two connected stream sockets without a name: nobody else can connect to either.</summary>
internal static unsafe class SocketPair
{
    private const int UnixDomain = 1;
    private const int StreamType = 1;
    private const int CloseOnExec = 0x80000;

    internal static (SafeFileHandle Ours, SafeFileHandle Theirs) Create()
    {
        int* ends = stackalloc int[2];
        return Libc.SocketPair(UnixDomain, StreamType | CloseOnExec, 0, ends) == 0
            ? (new SafeFileHandle(ends[0], ownsHandle: true), new SafeFileHandle(ends[1], ownsHandle: true))
            : throw LinuxException.Last("create", "a socket pair");
    }
}
