using Microsoft.Win32.SafeHandles;
using Nex.Linux;

namespace Nex.ProcessManager.Launchers.MicroVms.Firecracker;

/// <summary>
/// Lets a process live only as long as this one: the kernel kills it when this one is gone, whatever it has become meanwhile. The signal at the
/// death of a parent does not do for a jailer, which loses it when it changes its user.
/// </summary>
internal sealed class Lifeline : IDisposable
{
    private readonly SafeFileHandle _held;
    private readonly SafeFileHandle _end;

    /// <exception cref="IOException">This process has too many open files.</exception>
    internal Lifeline() => (_end, _held) = Descriptor.CreatePipe();

    /// <summary>What the process has to have as its standard input. Nothing ever comes from it.</summary>
    internal SafeFileHandle End => _end;

    /// <summary>From now on the process ends when this one does, or with <see cref="Dispose"/>.</summary>
    internal void Tie(int processId)
    {
        Descriptor.KillAtEnd(_end, processId);
        _end.Dispose();
    }

    public void Dispose()
    {
        _end.Dispose();
        _held.Dispose();
    }
}
