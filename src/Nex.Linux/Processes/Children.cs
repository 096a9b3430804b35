using System.Globalization;
using Nex.Linux.Interop;

namespace Nex.Linux.Processes;

/// <summary>The children of this process as a whole, for a program that reaps everything itself, such as process 1.</summary>
internal static unsafe class Children
{
    /// <summary>Blocks until some child has ended, and leaves it to be reaped.</summary>
    /// <returns>False when there is no child at all.</returns>
    internal static bool WaitForExit()
    {
        Libc.SignalInfo info = default;
        while (Libc.WaitId(Libc.WaitForAny, 0, &info, Libc.WaitExited | Libc.WaitNoReap) != 0)
        {
            switch (Errno.Last)
            {
                case Errno.Interrupted:
                    continue;
                case Errno.NoChild:
                    return false;
                default:
                    throw LinuxException.Last("wait for", "a child");
            }
        }

        return true;
    }

    /// <summary>Whether there is any child, running or ended and not reaped.</summary>
    internal static bool Exist()
    {
        Libc.SignalInfo info = default;
        return Libc.WaitId(Libc.WaitForAny, 0, &info, Libc.WaitExited | Libc.WaitNoReap | Libc.WaitNoHang) == 0 || Errno.Last != Errno.NoChild;
    }

    /// <summary>Reaps one child that has ended.</summary>
    /// <returns>Null when none has.</returns>
    internal static (int ProcessId, ProcessExit Exit)? TryReap()
    {
        Libc.SignalInfo info = default;
        while (Libc.WaitId(Libc.WaitForAny, 0, &info, Libc.WaitExited | Libc.WaitNoHang) != 0)
        {
            switch (Errno.Last)
            {
                case Errno.Interrupted:
                    continue;
                case Errno.NoChild:
                    return null;
                default:
                    throw LinuxException.Last("reap", "a child");
            }
        }

        return info.Pid == 0 ? null : (info.Pid, ProcessExit.From(info.Code, info.Status));
    }

    /// <summary>Sends a signal to a process, or with a negative number to a process group.</summary>
    /// <returns>False when there is none, or it is not ours to signal.</returns>
    internal static bool TrySignal(int pid, int signal) => Libc.Kill(pid, signal) == 0;

    /// <summary>The children of a process, orphans that it adopted included. Empty when it is gone, or hidden from this user.</summary>
    internal static IReadOnlyList<int> Of(int pid)
    {
        var children = new List<int>();
        try
        {
            foreach (string thread in Directory.EnumerateDirectories($"/proc/{pid}/task"))
            {
                foreach (string child in File.ReadAllText(thread + "/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    children.Add(int.Parse(child, CultureInfo.InvariantCulture));
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // It ended while we looked: what it had has been adopted by somebody else.
        }

        return children;
    }
}
