using Microsoft.Win32.SafeHandles;
using Nex.Linux.Interop;

namespace Nex.Linux.Processes;

/// <summary>
/// A process by descriptor: unlike a process id it can never come to mean another process. It polls as readable once the process has
/// ended.
/// </summary>
internal sealed unsafe class PidFd : IDisposable
{
    private PidFd(int pid, SafeFileHandle descriptor)
    {
        ProcessId = pid;
        Descriptor = descriptor;
    }

    internal int ProcessId { get; }

    internal SafeFileHandle Descriptor { get; }

    /// <summary>Opens a process; exact for a child that has not been reaped.</summary>
    /// <returns>Null when there is no such process.</returns>
    internal static PidFd? TryOpen(int pid)
    {
        nint descriptor = Libc.PidFdOpen(Libc.PidFdOpenNumber, pid, 0);
        if (descriptor >= 0)
        {
            return new PidFd(pid, new SafeFileHandle(descriptor, ownsHandle: true));
        }

        return Errno.Last is Errno.NoProcess or Errno.Invalid ? null : throw LinuxException.Last("pidfd_open", $"process {pid}");
    }

    /// <summary>Opens a child that leads its own group and has only just been started: nobody else knows it yet.</summary>
    /// <returns>
    /// Null when it has ended and how is lost: the kernel reaps the children of a program that ignores SIGCHLD, at times before this is reached.
    /// </returns>
    /// <exception cref="LinuxException">
    /// It cannot be opened, as where this process has no descriptor left. Nothing is left of it: its group has been killed, and it has been reaped.
    /// </exception>
    internal static PidFd? OpenNewChild(int pid)
    {
        try
        {
            return TryOpen(pid);
        }
        catch (LinuxException)
        {
            // As long as it has not been reaped its number is its own. What is killed ends at once, so that the wait for it is short.
            _ = Libc.Kill(-pid, Signals.Kill);
            Libc.SignalInfo info = default;
            while (Libc.WaitId(Libc.WaitForProcess, pid, &info, Libc.WaitExited) != 0 && Errno.Last == Errno.Interrupted)
            {
            }

            throw;
        }
    }

    /// <returns>False when the process has ended, or is not ours to signal.</returns>
    internal bool TrySignal(int signal) => Libc.PidFdSendSignal(Libc.PidFdSendSignalNumber, Descriptor, signal, 0, 0) == 0;

    /// <summary>Reaps the process, which must be a child of this one.</summary>
    /// <returns>Null while it runs.</returns>
    internal ProcessExit? TryReap()
    {
        Libc.SignalInfo info = default;
        bool added = false;
        try
        {
            Descriptor.DangerousAddRef(ref added);
            int number = (int)Descriptor.DangerousGetHandle();
            while (Libc.WaitId(Libc.WaitForPidFd, number, &info, Libc.WaitExited | Libc.WaitNoHang) != 0)
            {
                if (Errno.Last != Errno.Interrupted)
                {
                    throw LinuxException.Last("wait for", $"process {ProcessId}");
                }
            }
        }
        finally
        {
            if (added)
            {
                Descriptor.DangerousRelease();
            }
        }

        return info.Pid == 0 ? null : ProcessExit.From(info.Code, info.Status);
    }

    public void Dispose() => Descriptor.Dispose();
}
