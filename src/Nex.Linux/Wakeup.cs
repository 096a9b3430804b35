using Microsoft.Win32.SafeHandles;
using Nex.Linux.Interop;

namespace Nex.Linux;

/// <summary>An event that one thread raises and another waits for in <see cref="Poller"/>: an <c>eventfd</c>. Safe from any thread.</summary>
internal sealed unsafe class Wakeup : IDisposable
{
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;

    internal Wakeup()
    {
        int descriptor = Libc.EventFd(0, NonBlocking | CloseOnExec);
        Descriptor = descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw LinuxException.Last("eventfd", "for a wake-up");
    }

    internal SafeFileHandle Descriptor { get; }

    internal void Raise()
    {
        ulong one = 1;
        // EAGAIN means that the counter is full: the event is raised already.
        _ = Libc.Write(Descriptor, (byte*)&one, sizeof(ulong));
    }

    internal void Reset()
    {
        ulong count;
        _ = Libc.Read(Descriptor, (byte*)&count, sizeof(ulong));
    }

    public void Dispose() => Descriptor.Dispose();
}
