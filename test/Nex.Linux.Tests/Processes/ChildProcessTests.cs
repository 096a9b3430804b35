using Microsoft.Win32.SafeHandles;
using Nex.Linux.Processes;
using Nex.Linux.Tests.Support;

namespace Nex.Linux.Tests.Processes;

public sealed class ChildProcessTests
{
    [Fact]
    public void Arguments_arrive_exactly_as_given()
    {
        string[] arguments = ["arguments", "", "two words", "", "\t\n", "ünïcødé \U0001F600", "--x=y", "\"'\\", ""];

        (ProcessExit exit, string output) = TestChild.Run("show", arguments);

        Assert.Equal(new ProcessExit(0, null), exit);
        Assert.Equal(string.Concat(arguments.Prepend("show").Select(argument => argument + "\0")), output);
    }

    [Fact]
    public void The_name_of_the_program_is_what_the_caller_says()
    {
        (_, string output) = TestChild.Run("show", [], child => child with { Arguments = ["another name", "arguments"] });

        Assert.Equal("another name\0arguments\0", output);
    }

    [Fact]
    public void The_environment_is_what_was_given_and_nothing_else()
    {
        var environment = new Dictionary<string, string> { ["EMPTY"] = "", ["WITH SPACE"] = "a=b\nc", ["ÜMLAUT"] = "größe" };

        (_, string output) = TestChild.Run("show", ["environment"], child => child with { Environment = environment });

        Assert.Equal(environment.Select(pair => $"{pair.Key}={pair.Value}"), output.Split('\0', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Without_an_environment_there_is_none()
    {
        (_, string output) = TestChild.Run("show", ["environment"]);

        Assert.Equal("", output);
    }

    [Fact]
    public void It_starts_in_the_directory_given()
    {
        (_, string output) = TestChild.Run("show", ["directory"], child => child with { WorkingDirectory = "/proc/sys/kernel" });

        Assert.Equal("/proc/sys/kernel\n", output);
    }

    [Fact]
    public void Without_a_directory_it_starts_in_ours()
    {
        (_, string output) = TestChild.Run("show", ["directory"]);

        Assert.Equal(Environment.CurrentDirectory + "\n", output);
    }

    [Fact]
    public void Only_the_descriptors_given_are_open()
    {
        using SafeFileHandle other = File.OpenHandle("/dev/zero");

        (_, string output) = TestChild.Run(
            "show", ["descriptors"], child => child with { Descriptors = [.. child.Descriptors, other, other], CloseOtherDescriptors = true });

        Assert.Equal("0\n1\n2\n3\n4\n", output);
    }

    [Fact]
    public void Descriptors_opened_here_are_closed_there_without_being_told()
    {
        using SafeFileHandle other = File.OpenHandle("/dev/zero");
        (SafeFileHandle reader, SafeFileHandle writer) = Descriptor.CreatePipe();
        using (reader)
        using (writer)
        using (var wakeup = new Wakeup())
        using (SafeFileHandle memory = MemoryFile.Create("test"))
        {
            (_, string output) = TestChild.Run("show", ["descriptors"]);

            Assert.DoesNotContain($"{other.DangerousGetHandle()}", output.Split('\n'));
            Assert.DoesNotContain($"{writer.DangerousGetHandle()}", output.Split('\n'));
            Assert.DoesNotContain($"{wakeup.Descriptor.DangerousGetHandle()}", output.Split('\n'));
            Assert.DoesNotContain($"{memory.DangerousGetHandle()}", output.Split('\n'));
        }
    }

    [Fact]
    public void Descriptors_may_be_given_in_an_order_in_which_one_target_is_the_source_of_another()
    {
        using SafeFileHandle zero = File.OpenHandle("/dev/zero");
        using SafeFileHandle input = Descriptor.Duplicate(zero, 0);
        using var ofOutput = new SafeFileHandle(1, ownsHandle: false);
        using var ofInput = new SafeFileHandle(0, ownsHandle: false);

        (ProcessExit exit, string output) = TestChild.Run(
            "show", ["descriptors"], child => child with { Descriptors = [ofOutput, child.Descriptors[1], ofInput], CloseOtherDescriptors = true });

        Assert.Equal(new ProcessExit(0, null), exit);
        Assert.Equal("0\n1\n2\n", output);
    }

    [Fact]
    public void It_leads_a_process_group_in_our_session()
    {
        (_, string output) = TestChild.Run("show", ["group"]);

        int[] ids = [.. output.Split(' ').Select(int.Parse)];
        Assert.Equal(ids[0], ids[1]);
        Assert.Equal(ProcessStat.TryRead(Environment.ProcessId)!.Value.Session, ids[2]);
    }

    [Fact]
    public void It_leads_a_session_when_asked_to()
    {
        (_, string output) = TestChild.Run("show", ["group"], child => child with { OwnSession = true });

        int[] ids = [.. output.Split(' ').Select(int.Parse)];
        Assert.Equal([ids[0], ids[0], ids[0]], ids);
    }

    [Theory]
    [InlineData("SigBlk:")]
    [InlineData("SigIgn:")]
    public void No_signal_is_blocked_or_ignored(string name)
    {
        const int user1 = 10, user2 = 12;
        string ours = "", theirs = "";
        var thread = new Thread(() =>
        {
            TestLibc.Block(user1);
            TestLibc.Block(user2);
            ours = File.ReadLines("/proc/thread-self/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
            (_, theirs) = TestChild.Run("show", ["status", name]);
        });
        thread.Start();
        Assert.True(thread.Join(TestChild.Deadline));

        // The runtime itself ignores SIGPIPE.
        Assert.NotEqual($"{name}\t0000000000000000", ours);
        Assert.Equal($"{name}\t0000000000000000\n", theirs);
    }

    [Theory]
    [InlineData("/nowhere/at all", "No such file or directory", Errno.NoEntry)]
    [InlineData("/etc/passwd", "Permission denied", Errno.AccessDenied)]
    [InlineData("/", "Permission denied", Errno.AccessDenied)]
    public void A_program_that_cannot_be_executed_is_named_with_the_reason(string path, string reason, int errno)
    {
        LinuxException failure = Assert.Throws<LinuxException>(() => TestChild.Run("show", [], child => child with { Path = path }));

        Assert.Equal($"execute {path}: {reason} (errno {errno})", failure.Message);
        Assert.Equal(errno, failure.Errno);
    }

    [Fact]
    public void A_directory_that_does_not_exist_is_a_failure() =>
        Assert.Throws<LinuxException>(() => TestChild.Run("show", ["directory"], child => child with { WorkingDirectory = "/nowhere" }));

    [Fact]
    public void Arguments_that_the_kernel_does_not_take_are_a_failure()
    {
        string tooLong = new('x', 128 * 1024);

        LinuxException failure = Assert.Throws<LinuxException>(() => TestChild.Run("show", ["arguments", tooLong]));

        Assert.Contains("Argument list too long", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_leaves_no_process_and_no_descriptor()
    {
        const int failures = 500;
        int before = Directory.GetFiles("/proc/self/fd").Length;

        for (int count = 0; count < failures; count++)
        {
            Assert.Throws<LinuxException>(() => TestChild.Run("show", [], child => child with { Path = "/nowhere" }));
        }

        // The handles of the test's own pipes wait for the collector.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, before + (failures / 10));
        Assert.Empty(Children.Of(Environment.ProcessId));
    }

    [Fact]
    public void Processes_can_be_started_by_many_threads_at_once()
    {
        ProcessExit[] exits = new ProcessExit[64];

        Parallel.For(0, exits.Length, index => exits[index] = TestChild.Run("exit", [$"{index}"]).Exit);

        Assert.Equal(Enumerable.Range(0, exits.Length).Select(code => new ProcessExit(code, null)), exits);
    }
}
