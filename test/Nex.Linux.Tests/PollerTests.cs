using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Nex.Linux.Processes;
using Nex.Linux.Tests.Support;
using Nex.Testing.Waiting;

namespace Nex.Linux.Tests;

public sealed class PollerTests
{
    [Fact]
    public void A_wait_never_ends_before_its_time()
    {
        using var wakeup = new Wakeup();
        var limit = TimeSpan.FromMilliseconds(10.5);
        long start = Stopwatch.GetTimestamp();

        int ready = Poller.Wait([Readable(wakeup.Descriptor)], limit);

        Assert.Equal(0, ready);
        Assert.True(Stopwatch.GetElapsedTime(start) >= limit);
    }

    [Fact]
    public void A_time_that_has_passed_is_no_wait()
    {
        using var wakeup = new Wakeup();

        Assert.Equal(0, Poller.Wait([Readable(wakeup.Descriptor)], TimeSpan.FromSeconds(-1)));
    }

    [Fact]
    public void Each_entry_tells_its_own_state()
    {
        (SafeFileHandle reader, SafeFileHandle writer) = Descriptor.CreatePipe();
        using (reader)
        using (writer)
        {
            PollEntry[] entries = [Readable(reader), new(writer, PollEvents.Writable)];

            Assert.Equal(1, Poller.Wait(entries, TestChild.Deadline));

            Assert.Equal(PollEvents.None, entries[0].Returned);
            Assert.Equal(PollEvents.Writable, entries[1].Returned);
        }
    }

    [Fact]
    public void The_end_of_a_pipe_is_seen_without_being_asked_for()
    {
        (SafeFileHandle reader, SafeFileHandle writer) = Descriptor.CreatePipe();
        using (reader)
        {
            writer.Dispose();
            PollEntry[] entries = [Readable(reader)];

            Assert.Equal(1, Poller.Wait(entries, TestChild.Deadline));

            Assert.Equal(PollEvents.HungUp, entries[0].Returned);
            Assert.Equal(0, Descriptor.Read(reader, new byte[1]));
        }
    }

    [Fact]
    public void A_non_blocking_descriptor_with_nothing_gives_nothing()
    {
        (SafeFileHandle reader, SafeFileHandle writer) = Descriptor.CreatePipe();
        using (reader)
        using (writer)
        {
            Descriptor.MakeNonBlocking(reader);

            Assert.Null(Descriptor.Read(reader, new byte[1]));
        }
    }

    [Fact]
    public void A_signal_ends_a_wait_early() => Assert.False(
        WaitInterrupted(wakeup => Poller.Wait([Readable(wakeup.Descriptor)], TestChild.Deadline) > 0));

    /// <summary>What tests wait with.</summary>
    [Fact]
    public void A_wait_that_a_signal_ended_can_be_begun_again() => Assert.True(WaitInterrupted(wakeup => Readiness.IsReadable(wakeup.Descriptor)));

    /// <summary>Waits on a thread that gets a signal meanwhile, and only after that what it waits for.</summary>
    private static bool WaitInterrupted(Func<Wakeup, bool> wait)
    {
        // A signal without a handler would interrupt nothing.
        using var handler = PosixSignalRegistration.Create(PosixSignal.SIGCONT, context => context.Cancel = true);
        using var wakeup = new Wakeup();
        var id = new TaskCompletionSource<int>();
        bool ready = false;
        var thread = new Thread(() =>
        {
            id.SetResult(TestLibc.CurrentThread);
            ready = wait(wakeup);
        });
        thread.Start();
        WaitUntilAsleep(id.Task.GetAwaiter().GetResult());

        TestLibc.Interrupt(id.Task.Result, Signals.Continue);
        // One that has begun its wait again sleeps again, and one that has not has ended.
        WaitUntilAsleep(id.Task.Result);
        wakeup.Raise();
        Assert.True(thread.Join(TestChild.Deadline));
        return ready;
    }

    private static void WaitUntilAsleep(int thread)
    {
        long begun = Stopwatch.GetTimestamp();
        while (IsAwake(thread))
        {
            Assert.True(Stopwatch.GetElapsedTime(begun) < TestChild.Deadline, "The thread does not wait.");
        }
    }

    private static bool IsAwake(int thread)
    {
        try
        {
            return ProcessStat.TryParse(File.ReadAllText($"/proc/self/task/{thread}/stat")) is { State: not 'S' };
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static PollEntry Readable(SafeFileHandle descriptor) => new(descriptor, PollEvents.Readable);
}
