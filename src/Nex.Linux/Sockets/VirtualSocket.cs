using Microsoft.Win32.SafeHandles;
using Nex.Linux.Interop;

namespace Nex.Linux.Sockets;

/// <summary>A stream between a virtual machine and its host (<c>AF_VSOCK</c>).</summary>
internal static unsafe class VirtualSocket
{
    private const int Family = 40;
    private const int StreamCloseOnExec = 1 | 0x80000;
    private const uint HostContext = 2;

    /// <summary>Connects to a port of the host. The stream that it returns never waits.</summary>
    /// <returns>Null when nobody listens there now.</returns>
    /// <exception cref="LinuxException">This machine has no such sockets.</exception>
    internal static SafeFileHandle? TryConnect(uint port)
    {
        SafeFileHandle socket = Descriptor.Own(Libc.Socket(Family, StreamCloseOnExec, 0), "create", "a virtual socket");
        var address = new Libc.VirtualSocketAddress { Family = Family, Port = port, ContextId = HostContext };
        if (Libc.Connect(socket, &address, (uint)sizeof(Libc.VirtualSocketAddress)) != 0)
        {
            socket.Dispose();
            return null;
        }

        Descriptor.MakeNonBlocking(socket);
        return socket;
    }
}
