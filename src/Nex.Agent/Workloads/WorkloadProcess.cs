using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Linux.Processes;

namespace Nex.Agent.Workloads;

/// <summary>The main process of a workload, in a process group of its own, and the reading ends of its output.</summary>
internal sealed class WorkloadProcess : IDisposable
{
    private bool _reaped;

    private WorkloadProcess(int processId, SafeFileHandle standardOutput, SafeFileHandle standardError)
    {
        ProcessId = processId;
        StandardOutput = standardOutput;
        StandardError = standardError;
    }

    internal int ProcessId { get; }

    internal SafeFileHandle StandardOutput { get; }

    internal SafeFileHandle StandardError { get; }

    /// <exception cref="LinuxException">It could not be started; nothing is left of the attempt.</exception>
    internal static WorkloadProcess Start(
        string path, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, string workingDirectory)
    {
        (SafeFileHandle output, SafeFileHandle outputEnd) = Descriptor.CreatePipe();
        (SafeFileHandle error, SafeFileHandle errorEnd) = Descriptor.CreatePipe();
        using SafeFileHandle input = File.OpenHandle("/dev/null");
        using (outputEnd)
        using (errorEnd)
        {
            try
            {
                var child = new ChildProcess
                {
                    Path = path,
                    Arguments = arguments,
                    Environment = environment,
                    WorkingDirectory = workingDirectory,
                    Descriptors = [input, outputEnd, errorEnd],
                };
                var process = new WorkloadProcess(child.Spawn(), output, error);
                Descriptor.MakeNonBlocking(output);
                Descriptor.MakeNonBlocking(error);
                return process;
            }
            catch
            {
                output.Dispose();
                error.Dispose();
                throw;
            }
        }
    }

    /// <summary>It has been reaped: its number, and with it that of the group, may be given to others from now on.</summary>
    internal void MarkReaped() => _reaped = true;

    /// <summary>Signals every process of its group.</summary>
    internal void Signal(int signal)
    {
        if (!_reaped)
        {
            Children.TrySignal(-ProcessId, signal);
        }
    }

    /// <summary>
    /// Sends SIGKILL to the group and to every child of the agent, whatever session or group it moved to. What those leave behind becomes
    /// a child of the agent in turn: repeat until there is none.
    /// </summary>
    internal void KillTree()
    {
        if (Environment.ProcessId == 1)
        {
            // Process 1 of a namespace reaches all others in it at once, and none of them can fork away meanwhile.
            Children.TrySignal(-1, Signals.Kill);
            return;
        }

        Signal(Signals.Kill);
        foreach (int child in Children.Of(Environment.ProcessId))
        {
            Children.TrySignal(child, Signals.Kill);
        }
    }

    public void Dispose()
    {
        StandardOutput.Dispose();
        StandardError.Dispose();
    }
}
