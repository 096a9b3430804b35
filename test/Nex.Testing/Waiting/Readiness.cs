using System.Runtime.InteropServices;
using Nex.Linux;

namespace Nex.Testing.Waiting;

/// <summary>Waits for descriptors.</summary>
internal static class Readiness
{
    /// <summary>Waits until something can be read, or a process has ended; false when the deadline has passed.</summary>
    internal static bool IsReadable(SafeHandle descriptor) => Is(descriptor, PollEvents.Readable);

    /// <summary>Waits until a descriptor is ready for something, or at its end; false when the deadline has passed.</summary>
    internal static bool Is(SafeHandle descriptor, PollEvents what)
    {
        long begun = TimeProvider.System.GetTimestamp();
        for (TimeSpan left = Deadline.Length; left > TimeSpan.Zero; left = Deadline.Length - TimeProvider.System.GetElapsedTime(begun))
        {
            // A wait that a signal interrupted is begun again.
            if (Poller.Wait([new PollEntry(descriptor, what)], left) > 0)
            {
                return true;
            }
        }

        return false;
    }
}
