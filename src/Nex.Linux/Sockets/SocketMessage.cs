using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Nex.Linux.Interop;

namespace Nex.Linux.Sockets;

/// <summary>Bytes on a Unix socket, with which a descriptor can travel. Nothing here blocks.</summary>
internal static unsafe class SocketMessage
{
    private const int SocketLevel = 1;
    private const int RightsType = 1;
    private const int DoNotWait = 0x40;
    private const int NoSignal = 0x4000;
    private const int CloseReceivedOnExec = 0x40000000;

    /// <summary>Sends what fits now, and the descriptor with its first byte.</summary>
    /// <returns>The bytes sent, at least one, or null where nothing fits now.</returns>
    internal static int? TrySend(SafeHandle socket, ReadOnlySpan<byte> bytes, SafeHandle? descriptor = null)
    {
        bool added = false;
        try
        {
            descriptor?.DangerousAddRef(ref added);
            var control = new Libc.DescriptorControl
            {
                Length = Libc.DescriptorControl.UsedLength,
                Level = SocketLevel,
                Type = RightsType,
                Descriptor = added ? (int)descriptor!.DangerousGetHandle() : -1,
            };
            fixed (byte* start = bytes)
            {
                var vector = new Libc.IoVector { Base = start, Length = (nuint)bytes.Length };
                Libc.MessageHeader message = Header(&vector, &control, withControl: added);
                nint sent;
                do
                {
                    sent = Libc.SendMessage(socket, &message, DoNotWait | NoSignal);
                }
                while (sent < 0 && Errno.Last == Errno.Interrupted);

                return sent >= 0 ? (int)sent : Errno.Last == Errno.Again ? null : throw LinuxException.Last("send to", "a socket");
            }
        }
        finally
        {
            if (added)
            {
                descriptor!.DangerousRelease();
            }
        }
    }

    /// <summary>Receives what is there now.</summary>
    /// <param name="descriptor">A descriptor that came with these bytes, owned by the caller. Not inherited further.</param>
    /// <returns>The bytes received, zero at the end, or null where there is nothing now. A reset connection is an end.</returns>
    internal static int? TryReceive(SafeHandle socket, Span<byte> buffer, out SafeFileHandle? descriptor)
    {
        descriptor = null;
        var control = new Libc.DescriptorControl { Descriptor = -1 };
        fixed (byte* start = buffer)
        {
            var vector = new Libc.IoVector { Base = start, Length = (nuint)buffer.Length };
            Libc.MessageHeader message = Header(&vector, &control, withControl: true);
            nint received;
            do
            {
                received = Libc.ReceiveMessage(socket, &message, DoNotWait | CloseReceivedOnExec);
            }
            while (received < 0 && Errno.Last == Errno.Interrupted);

            if (received < 0)
            {
                return Errno.Last switch
                {
                    Errno.Again => null,
                    Errno.ConnectionReset => 0,
                    _ => throw LinuxException.Last("receive from", "a socket"),
                };
            }

            if (message.ControlLength > 0 && control is { Level: SocketLevel, Type: RightsType, Descriptor: >= 0 })
            {
                descriptor = new SafeFileHandle(control.Descriptor, ownsHandle: true);
            }

            return (int)received;
        }
    }

    private static Libc.MessageHeader Header(Libc.IoVector* vector, Libc.DescriptorControl* control, bool withControl) => new()
    {
        Vectors = vector,
        VectorCount = 1,
        Control = withControl ? control : null,
        // Not the size of the structure: in its padding the kernel would open a second descriptor, which nobody would close.
        ControlLength = withControl ? Libc.DescriptorControl.UsedLength : (nuint)0,
    };
}
