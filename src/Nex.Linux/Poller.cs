using Nex.Linux.Interop;

namespace Nex.Linux;

internal static unsafe class Poller
{
    /// <summary>
    /// Waits until an entry is ready or the timeout has passed. The caller owns the descriptors and keeps them open meanwhile.
    /// </summary>
    /// <param name="timeout">Null waits without end. Rounded up to whole milliseconds, so that it never ends before its time.</param>
    /// <returns>How many entries are ready; zero after the timeout, or when a signal interrupted the wait.</returns>
    internal static int Wait(Span<PollEntry> entries, TimeSpan? timeout)
    {
        int milliseconds = timeout is { } limit ? (int)Math.Clamp(Math.Ceiling(limit.TotalMilliseconds), 0, int.MaxValue) : -1;
        fixed (PollEntry* first = entries)
        {
            int ready = Libc.Poll(first, (nuint)entries.Length, milliseconds);
            if (ready >= 0)
            {
                return ready;
            }

            return Errno.Last == Errno.Interrupted ? 0 : throw LinuxException.Last("poll", $"{entries.Length} descriptors");
        }
    }
}
