using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Nex.Linux.Tests.Support;

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

    private static PollEntry Readable(SafeFileHandle descriptor) => new(descriptor, PollEvents.Readable);
}
