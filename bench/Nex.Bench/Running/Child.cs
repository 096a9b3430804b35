using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Nex.Bench.Harness;
using Nex.Linux;
using Nex.Linux.Processes;

namespace Nex.Bench.Running;

/// <summary>A process started as the process manager starts one, killed and reaped when disposed of.</summary>
internal sealed class Child : IDisposable
{
    private readonly PidFd _process;
    private bool _ended;

    private Child(PidFd process) => _process = process;

    internal int ProcessId => _process.ProcessId;

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

    /// <summary>Runs it to its end.</summary>
    /// <returns>Milliseconds from its start to its end.</returns>
    internal static double Run(string program, IReadOnlyList<string> arguments)
    {
        long begun = Stopwatch.GetTimestamp();
        using Child child = Start(program, arguments);
        ProcessExit exit = child.WaitForEnd();
        double taken = Series.Since(begun);
        return exit.Code == 0 ? taken : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {exit}.");
    }

    /// <summary>Waits until it has ended by itself.</summary>
    internal ProcessExit WaitForEnd()
    {
        while (true)
        {
            if (_process.TryReap() is { } exit)
            {
                _ended = true;
                return exit;
            }

            Poller.Wait([new PollEntry(_process.Descriptor, PollEvents.Readable)], timeout: null);
        }
    }

    internal void Kill() => _process.TrySignal(Signals.Kill);

    public void Dispose()
    {
        using (_process)
        {
            if (!_ended)
            {
                Kill();
                WaitForEnd();
            }
        }
    }
}
