using System.Runtime.InteropServices;

namespace Nex.Linux;

/// <summary><c>struct pollfd</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollEntry
{
    internal int Descriptor;
    internal PollEvents Events;
    internal PollEvents Returned;

    internal PollEntry(SafeHandle descriptor, PollEvents events)
    {
        Descriptor = (int)descriptor.DangerousGetHandle();
        Events = events;
    }
}

[Flags]
internal enum PollEvents : short
{
    None = 0,
    Readable = 0x1,
    Priority = 0x2,
    Writable = 0x4,
    Error = 0x8,
    HungUp = 0x10,
    Invalid = 0x20,
}
