using Microsoft.Win32.SafeHandles;
using Nex.Linux.Processes;
using Nex.Linux.Tests.Support;
using Nex.Testing.Files;

namespace Nex.Linux.Tests.Processes;

public sealed class PidFdTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void A_process_that_does_not_exist_cannot_be_opened(int pid) => Assert.Null(PidFd.TryOpen(pid));

    [Fact]
    public void A_process_that_runs_is_not_reaped()
    {
        using TestChild child = TestChild.Start("tree", ["polite"]);
        using PidFd process = PidFd.TryOpen(child.ProcessId)!;

        Assert.Equal(child.ProcessId, process.ProcessId);
        Assert.Null(process.TryReap());
        Assert.Equal(0, Poller.Wait([new PollEntry(process.Descriptor, PollEvents.Readable)], TimeSpan.Zero));
    }

    [Fact]
    public void A_signal_reaches_the_process()
    {
        using TestChild child = TestChild.Start("tree", ["polite"]);
        using PidFd process = PidFd.TryOpen(child.ProcessId)!;
        Assert.Equal($"ready {child.ProcessId}", child.ReadLine());

        Assert.True(process.TrySignal(Signals.Terminate));

        Assert.Equal("terminated", child.ReadLine());
        Assert.Equal(new ProcessExit(7, null), child.WaitForExit());
    }

    [Fact]
    public void A_process_that_was_reaped_cannot_be_signalled()
    {
        using TestChild child = TestChild.Start("exit", []);
        using PidFd process = PidFd.TryOpen(child.ProcessId)!;
        _ = child.WaitForExit();

        Assert.False(process.TrySignal(Signals.Kill));
        Assert.Throws<LinuxException>(() => process.TryReap());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nothing_is_left_of_a_new_child_that_cannot_be_opened(bool ownSession)
    {
        using SafeFileHandle none = File.OpenHandle("/dev/null");
        int pid = new ChildProcess
        {
            Path = TestPrograms.Path("tree"),
            Arguments = ["tree", "stubborn"],
            Descriptors = [none, none, none],
            OwnSession = ownSession,
        }.Spawn();
        LinuxException? failure = null;

        TestLibc.WithoutDescriptors(() => failure = Record.Exception(() => PidFd.OpenNewChild(pid)) as LinuxException);

        const int noDescriptorLeft = 24;
        Assert.Equal(noDescriptorLeft, failure?.Errno);
        Assert.Null(ProcessStat.TryRead(pid));
    }

    [Fact]
    public void A_new_child_that_somebody_else_has_reaped_is_gone_and_no_failure()
    {
        using TestChild child = TestChild.Start("exit", ["0"]);
        _ = child.WaitForExit();

        Assert.Null(PidFd.OpenNewChild(child.ProcessId));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    public void An_exit_code_is_reported(int code) => Assert.Equal(new ProcessExit(code, null), TestChild.Run("exit", [$"{code}"]).Exit);

    [Theory]
    [InlineData(9, "SIGKILL")]
    [InlineData(6, "SIGABRT")]
    [InlineData(11, "SIGSEGV")]
    [InlineData(40, "signal 40")]
    public void The_signal_that_ended_it_is_reported(int signal, string name)
    {
        ProcessExit exit = TestChild.Run("tree", ["signal", $"{signal}"]).Exit;

        Assert.Equal(new ProcessExit(null, signal), exit);
        Assert.Equal(name, exit.ToString());
    }
}
