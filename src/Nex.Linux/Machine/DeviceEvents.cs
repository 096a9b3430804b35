using Microsoft.Win32.SafeHandles;
using Nex.Linux.Interop;

namespace Nex.Linux.Machine;

/// <summary>Hears from the kernel that a device has come, gone or changed.</summary>
internal sealed unsafe class DeviceEvents : IDisposable
{
    private const int Netlink = 16;
    private const int KernelEvents = 15;
    private const int DatagramNonBlockingCloseOnExec = 2 | 0x800 | 0x80000;

    private readonly SafeFileHandle _socket;

    /// <summary>From now on no event is missed.</summary>
    internal DeviceEvents()
    {
        _socket = Descriptor.Own(Libc.Socket(Netlink, DatagramNonBlockingCloseOnExec, KernelEvents), "listen to", "the events of devices");
        var address = new Libc.NetlinkAddress { Family = Netlink, Groups = 1 };
        if (Libc.Bind(_socket, &address, (uint)sizeof(Libc.NetlinkAddress)) != 0)
        {
            throw LinuxException.Last("bind", "the events of devices");
        }
    }

    /// <summary>Tries until something comes of it, once now and again after every event.</summary>
    /// <returns>Null when the time is over.</returns>
    internal T? WaitFor<T>(Func<T?> attempt, TimeSpan timeout)
        where T : class
    {
        long begun = TimeProvider.System.GetTimestamp();
        Span<byte> ignored = stackalloc byte[4096];
        while (true)
        {
            if (attempt() is { } result)
            {
                return result;
            }

            TimeSpan left = timeout - TimeProvider.System.GetElapsedTime(begun);
            if (left <= TimeSpan.Zero)
            {
                return null;
            }

            Poller.Wait([new PollEntry(_socket, PollEvents.Readable)], left);
            while (Descriptor.Read(_socket, ignored) is > 0)
            {
                // What has happened is seen by trying again.
            }
        }
    }

    public void Dispose() => _socket.Dispose();
}
