using Nex.Linux;
using Nex.Linux.Processes;

namespace Nex.ProcessManager.Launchers.Spawning;

/// <summary>A child process of this program, reaped by the <see cref="ChildSupervisor"/>.</summary>
internal sealed class SupervisedChild
{
    private readonly TaskCompletionSource<ProcessExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();

    /// <param name="process">Null when it has ended already, and been reaped by somebody else.</param>
    internal SupervisedChild(int processId, PidFd? process)
    {
        ProcessId = processId;
        Process = process;
        if (process is null)
        {
            _exited.SetResult(ProcessExit.Lost);
        }
    }

    internal PidFd? Process { get; }

    internal int ProcessId { get; }

    /// <summary>Completes when it has ended and been reaped. Never fails.</summary>
    internal Task<ProcessExit> Exited => _exited.Task;

    /// <returns>False when it has ended.</returns>
    internal bool TrySignal(int signal)
    {
        lock (_lock)
        {
            return !_exited.Task.IsCompleted && Process!.TrySignal(signal);
        }
    }

    /// <summary>Reaps it if it has ended. Called by the supervisor's thread alone, until it returns true.</summary>
    internal bool TryReap()
    {
        if (TryReadExit() is not { } exit)
        {
            return false;
        }

        lock (_lock)
        {
            _exited.SetResult(exit);
            Process!.Dispose();
        }

        return true;
    }

    private ProcessExit? TryReadExit()
    {
        try
        {
            return Process!.TryReap();
        }
        catch (LinuxException failure) when (failure.Errno == Errno.NoChild)
        {
            return ProcessExit.Lost;
        }
    }
}
