using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Nex.Bench.Harness;
using Nex.Linux;
using Nex.Linux.Processes;

namespace Nex.Bench.Running;

/// <summary>A program as the barest starts one to read what it writes: its output is a pipe, which is read as it comes. Its group is killed when disposed of.</summary>
internal sealed class PipedChild : IDisposable
{
    private readonly Child _child;
    private readonly SafeFileHandle _output;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private bool _ended;

    private PipedChild(Child child, SafeFileHandle output)
    {
        _child = child;
        _output = output;
    }

    internal static PipedChild Start(string program, params IReadOnlyList<string> arguments)
    {
        (SafeFileHandle reader, SafeFileHandle writer) = Descriptor.CreatePipe();
        using SafeFileHandle none = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite);
        using (writer)
        {
            return new PipedChild(Child.Start(program, arguments, [none, writer, none]), reader);
        }
    }

    /// <summary>Waits until it has written something.</summary>
    internal void WaitForOutput() => _ = Read();

    /// <summary>Reads to the end of what it writes.</summary>
    /// <returns>How many lines a second there were, from the first on.</returns>
    internal double CountLines()
    {
        long begun = 0;
        int lines = 0;
        for (ReadOnlySpan<byte> read; (read = Read()).Length > 0; lines += read.Count((byte)'\n'))
        {
            begun = lines == 0 ? Stopwatch.GetTimestamp() : begun;
        }

        return lines / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    /// <summary>Kills it and all that it has started, and waits until none of them is left: each has the pipe open.</summary>
    /// <returns>Milliseconds that it took.</returns>
    internal double Stop()
    {
        long begun = Stopwatch.GetTimestamp();
        _ = Children.TrySignal(-_child.ProcessId, Signals.Kill);
        while (Read().Length > 0)
        {
        }

        _child.WaitForEnd();
        _ended = true;
        return Series.Since(begun);
    }

    public void Dispose()
    {
        if (!_ended)
        {
            _ = Children.TrySignal(-_child.ProcessId, Signals.Kill);
        }

        _child.Dispose();
        _output.Dispose();
    }

    private ReadOnlySpan<byte> Read() => _buffer.AsSpan(0, Descriptor.Read(_output, _buffer) ?? 0);
}
