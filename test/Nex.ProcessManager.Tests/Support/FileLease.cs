using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Nex.ProcessManager.Tests.Support;

/// <summary>
/// A lease on a file: who opens it, be it to execute it, is held up by the kernel until it is given back, as by a disk that does not answer.
/// </summary>
internal sealed class FileLease : IDisposable
{
    private const int WindowChanged = 28;

    private readonly TaskCompletionSource _holding = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration _signals;
    private readonly SafeFileHandle _file;

    internal FileLease(string path)
    {
        // The signal by which the kernel asks for it back: one that nothing else sends here, and that ends nobody.
        _signals = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => _holding.TrySetResult());
        _file = File.OpenHandle(path);
        TestLibc.Lease(_file, WindowChanged);
    }

    /// <summary>Completes when somebody is held up.</summary>
    internal Task Holding => _holding.Task;

    public void Dispose()
    {
        _file.Dispose();
        _signals.Dispose();
    }
}
