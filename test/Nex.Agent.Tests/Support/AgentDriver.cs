using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Linux.Processes;
using Nex.Linux.Sockets;
using Nex.Protocol.Agents;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.Agent.Tests.Support;

/// <summary>
/// A node's side of one real agent, on one thread and strict: what the protocol does not allow fails the test. Every wait has a deadline.
/// </summary>
internal sealed partial class AgentDriver : IDisposable
{
    internal const string AgentId = "01jd0000000000000000000000";

    internal static readonly TimeSpan Deadline = Testing.Waiting.Deadline.Length;

    private readonly SafeFileHandle _socket;
    private readonly PidFd _process;
    private readonly string _directory;
    private bool _reaped;

    private AgentDriver(string directory, Func<string[], ChildProcess> childOf)
    {
        _directory = directory;
        WorkDirectory = Directory.CreateDirectory(Path.Combine(directory, "work")).FullName;
        (SafeFileHandle ours, SafeFileHandle theirs) = SocketPair.Create();
        _socket = ours;
        using (theirs)
        using (SafeFileHandle input = File.OpenHandle("/dev/null"))
        using (SafeFileHandle errors = File.OpenHandle(DiagnosticsPath, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite))
        {
            string agent = Path.Combine(AppContext.BaseDirectory, "nex-agent");
            ChildProcess child = childOf([agent, "--id", AgentId, "--link", "3", "--work", WorkDirectory]);
            int pid = SpawnThread.Spawn(child with { Descriptors = [input, errors, errors, theirs], OwnSession = true, CloseOtherDescriptors = true });
            _process = PidFd.TryOpen(pid)!;
        }
    }

    /// <summary>The process that was started: the agent, or what starts it.</summary>
    internal int ProcessId => _process.ProcessId;

    internal string WorkDirectory { get; }

    /// <summary>What it wrote to its own standard output and error.</summary>
    internal string Diagnostics => File.ReadAllText(DiagnosticsPath);

    private string DiagnosticsPath => Path.Combine(_directory, "diagnostics");

    /// <summary>An agent that has said hello and been welcomed.</summary>
    internal static AgentDriver Start()
    {
        AgentDriver driver = StartSilently();
        driver.Welcome();
        return driver;
    }

    /// <summary>An agent that waits for the answer to its hello.</summary>
    internal static AgentDriver StartSilently() =>
        new(Directory.CreateTempSubdirectory("nex-").FullName, command => new ChildProcess { Path = command[0], Arguments = command, Descriptors = [] });

    /// <summary>An agent whose parent is not this process but one that can be ended.</summary>
    internal static AgentDriver StartBelowAnother()
    {
        string runner = TestPrograms.Path("tree");
        var driver = new AgentDriver(
            Directory.CreateTempSubdirectory("nex-").FullName,
            command => new ChildProcess { Path = runner, Arguments = ["tree", "run", .. command], Descriptors = [] });
        driver.Welcome();
        return driver;
    }

    /// <summary>Closes the link, as a node does that is done with its agent or has ended.</summary>
    internal void CloseLink() => _socket.Dispose();

    /// <summary>Kills the process that was started.</summary>
    internal void Kill() => _process.TrySignal(Signals.Kill);

    /// <summary>Waits until the process has ended.</summary>
    internal ProcessExit WaitForEnd()
    {
        WaitFor(_process);
        _reaped = true;
        return _process.TryReap()!.Value;
    }

    internal static void WaitFor(PidFd process) => Assert.True(
        Readiness.IsReadable(process.Descriptor), $"Process {process.ProcessId} did not end within {Deadline}.");

    public void Dispose()
    {
        CloseLink();
        if (!_reaped)
        {
            if (!Readiness.IsReadable(_process.Descriptor))
            {
                Kill();
            }

            _ = WaitForEnd();
        }

        _process.Dispose();
        _reader.Dispose();
        _writer.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Takes the hello and answers it.</summary>
    private void Welcome()
    {
        AgentHello hello = ReceiveHello();
        Assert.Equal(AgentId, hello.AgentId);
        AnswerHello();
    }
}
