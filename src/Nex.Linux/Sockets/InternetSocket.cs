using Microsoft.Win32.SafeHandles;
using Nex.Linux.Interop;

namespace Nex.Linux.Sockets;

/// <summary>A socket through which network interfaces are configured.</summary>
internal static class InternetSocket
{
    internal static SafeFileHandle Open() => Descriptor.Own(Libc.Socket(domain: 2, type: 2 | 0x80000, protocol: 0), "create", "an internet socket");
}
