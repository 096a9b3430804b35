using Nex.Linux;
using Nex.Linux.Processes;

namespace Nex.ProcessManager.Launchers.Spawning;

/// <summary>A child process of this program, reaped by the <see cref="ChildSupervisor"/>.</summary>
internal sealed class SupervisedChild(PidFd process)
{
    private readonly TaskCompletionSource<ProcessExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();

    internal PidFd Process => process;

    internal int ProcessId => process.ProcessId;

    /// <summary>Completes when it has ended and been reaped. Never fails.</summary>
    internal Task<ProcessExit> Exited => _exited.Task;

    /// <returns>False when it has ended.</returns>
    internal bool TrySignal(int signal)
    {
        lock (_lock)
        {
            return !_exited.Task.IsCompleted && process.TrySignal(signal);
        }
    }

    /// <summary>Reaps it if it has ended. Called by the supervisor's thread alone.</summary>
    internal bool TryReap()
    {
        ProcessExit exit;
        try
        {
            if (process.TryReap() is not { } reaped)
            {
                return false;
            }

            exit = reaped;
        }
        catch (LinuxException failure) when (failure.Errno == Errno.NoChild)
        {
            // It has ended, and only how is lost: somebody else has reaped it, or the kernel, because whoever started this program had it
            // ignore SIGCHLD.
            exit = new ProcessExit(null, null);
        }

        lock (_lock)
        {
            _exited.SetResult(exit);
            process.Dispose();
        }

        return true;
    }
}
