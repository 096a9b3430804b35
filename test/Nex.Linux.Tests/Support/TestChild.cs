using System.Text;
using Microsoft.Win32.SafeHandles;
using Nex.Linux.Processes;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.Linux.Tests.Support;

/// <summary>A program of test/programs that runs, with its output in a pipe. Disposing ends its group and reaps it.</summary>
internal sealed class TestChild : IDisposable
{
    internal static readonly TimeSpan Deadline = Testing.Waiting.Deadline.Length;

    private readonly SafeFileHandle _output;
    private readonly PidFd _process;
    private bool _reaped;

    private TestChild(int pid, SafeFileHandle output)
    {
        ProcessId = pid;
        _output = output;
        _process = PidFd.TryOpen(pid) ?? throw new InvalidOperationException($"The child {pid} cannot be opened.");
    }

    internal int ProcessId { get; }

    /// <summary>Starts a program with nothing on its standard input, in the way that <paramref name="change"/> asks for.</summary>
    internal static TestChild Start(string program, string[] arguments, Func<ChildProcess, ChildProcess>? change = null)
    {
        (SafeFileHandle reader, SafeFileHandle writer) = Descriptor.CreatePipe();
        using SafeFileHandle input = File.OpenHandle("/dev/null");
        using (writer)
        {
            var child = new ChildProcess
            {
                Path = TestPrograms.Path(program),
                Arguments = [program, .. arguments],
                Descriptors = [input, writer, writer],
            };
            return new TestChild((change?.Invoke(child) ?? child).Spawn(), reader);
        }
    }

    /// <summary>Runs a program to its end.</summary>
    internal static (ProcessExit Exit, string Output) Run(string program, string[] arguments, Func<ChildProcess, ChildProcess>? change = null)
    {
        using TestChild child = Start(program, arguments, change);
        string output = child.ReadToEnd();
        return (child.WaitForExit(), output);
    }

    internal string ReadLine()
    {
        var line = new List<byte>();
        byte[] one = new byte[1];
        while (ReadSome(one) == 1 && one[0] != (byte)'\n')
        {
            line.Add(one[0]);
        }

        return Encoding.UTF8.GetString([.. line]);
    }

    internal ProcessExit WaitForExit()
    {
        Wait(_process.Descriptor, "end");
        _reaped = true;
        return _process.TryReap() ?? throw new InvalidOperationException("A process that polls as ended is not reaped.");
    }

    public void Dispose()
    {
        if (!_reaped)
        {
            Children.TrySignal(-ProcessId, Signals.Kill);
            _ = WaitForExit();
        }

        _process.Dispose();
        _output.Dispose();
    }

    private string ReadToEnd()
    {
        using var all = new MemoryStream();
        byte[] buffer = new byte[4096];
        int count;
        while ((count = ReadSome(buffer)) > 0)
        {
            all.Write(buffer, 0, count);
        }

        return Encoding.UTF8.GetString(all.ToArray());
    }

    private int ReadSome(Span<byte> buffer)
    {
        Wait(_output, "write");
        return Descriptor.Read(_output, buffer) ?? 0;
    }

    private void Wait(SafeFileHandle descriptor, string forWhat) =>
        Assert.True(
            Readiness.IsReadable(descriptor),
            $"Process {ProcessId} did not {forWhat} within {Deadline}.");
}
