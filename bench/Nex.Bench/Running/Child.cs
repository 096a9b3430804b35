using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Linux.Processes;

namespace Nex.Bench.Running;

/// <summary>A process started as the process manager starts one, killed and reaped when disposed of.</summary>
internal sealed class Child : IDisposable
{
    private readonly PidFd _process;

    private Child(PidFd process) => _process = process;

    /// <summary>Returns once it has become the program.</summary>
    /// <param name="standard">Its standard input and output; null for none.</param>
    internal static Child Start(string program, IReadOnlyList<string> arguments, SafeFileHandle? standard = null)
    {
        using SafeFileHandle none = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite);
        return Start(program, arguments, [standard ?? none, standard ?? none, none]);
    }

    /// <summary>Returns once it has become the program.</summary>
    /// <param name="descriptors">All that it inherits, from 0 on.</param>
    internal static Child Start(string program, IReadOnlyList<string> arguments, IReadOnlyList<SafeFileHandle> descriptors)
    {
        int pid = new ChildProcess
        {
            Path = program,
            Arguments = [program, .. arguments],
            Descriptors = descriptors,
            OwnSession = true,
            CloseOtherDescriptors = true,
        }.Spawn();
        return new Child(PidFd.TryOpen(pid) ?? throw new InvalidOperationException($"Process {pid} was reaped by somebody else."));
    }

    public void Dispose()
    {
        using (_process)
        {
            _process.TrySignal(Signals.Kill);
            while (_process.TryReap() is null)
            {
                Poller.Wait([new PollEntry(_process.Descriptor, PollEvents.Readable)], timeout: null);
            }
        }
    }
}
