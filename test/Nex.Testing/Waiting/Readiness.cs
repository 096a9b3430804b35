using System.Runtime.InteropServices;
using Nex.Linux;

namespace Nex.Testing.Waiting;

/// <summary>Waits for descriptors.</summary>
internal static class Readiness
{
    /// <summary>Waits until something can be read, or a process has ended; false when the deadline has passed.</summary>
    internal static bool IsReadable(SafeHandle descriptor)
    {
        long begun = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(begun) < Deadline.Length)
        {
            // A wait that a signal interrupted is begun again.
            if (Poller.Wait([new PollEntry(descriptor, PollEvents.Readable)], Deadline.Length) > 0)
            {
                return true;
            }
        }

        return false;
    }
}
