using Nex.Linux;
using Nex.Linux.Processes;

namespace Nex.Testing.FirecrackerStandin.Machine;

/// <summary>
/// A running QEMU. It ends with this process, however that ends: <c>tied</c> asks the kernel for that. The kernel kills it when the
/// <em>thread</em> that started it ends, so that a thread is kept for it.
/// </summary>
internal sealed class QemuProcess
{
    private const string Wrapper = "tied";

    private readonly PidFd _pidFd;
    private readonly TaskCompletionSource<ProcessExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private QemuProcess(PidFd pidFd) => _pidFd = pidFd;

    internal int ProcessId => _pidFd.ProcessId;

    /// <summary>How it ended, once it has been reaped.</summary>
    internal Task<ProcessExit> Exited => _exited.Task;

    /// <param name="arguments">Of QEMU, its name first.</param>
    /// <param name="descriptors">Its descriptors, from 0 on.</param>
    /// <exception cref="IOException">It cannot be started.</exception>
    internal static Task<QemuProcess> StartAsync(IReadOnlyList<string> arguments, IReadOnlyList<System.Runtime.InteropServices.SafeHandle> descriptors)
    {
        var child = new ChildProcess
        {
            Path = Path.Combine(AppContext.BaseDirectory, Wrapper),
            Arguments = [Wrapper, $"{Environment.ProcessId}", .. arguments],
            Environment = new Dictionary<string, string> { ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin" },
            Descriptors = descriptors,
            OwnSession = true,
            CloseOtherDescriptors = true,
        };
        var started = new TaskCompletionSource<QemuProcess>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Follow(child, started)) { IsBackground = true, Name = "qemu" }.Start();
        return started.Task;
    }

    internal void Kill() => _pidFd.TrySignal(Signals.Kill);

    private static void Follow(ChildProcess child, TaskCompletionSource<QemuProcess> started)
    {
        QemuProcess process;
        try
        {
            // Our child, and not reaped: there is a process of that id.
            process = new QemuProcess(PidFd.TryOpen(child.Spawn())!);
        }
        catch (IOException failure)
        {
            started.SetException(failure);
            return;
        }

        started.SetResult(process);
        ProcessExit? exit;
        while ((exit = process._pidFd.TryReap()) is null)
        {
            _ = Poller.Wait([new PollEntry(process._pidFd.Descriptor, PollEvents.Readable)], timeout: null);
        }

        process._exited.SetResult(exit.Value);
    }
}
