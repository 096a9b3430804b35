using Nex.Testing.Waiting;

namespace Nex.Linux.Tests;

public sealed class WakeupTests
{
    [Fact]
    public void What_was_raised_before_the_wait_is_not_lost()
    {
        using var wakeup = new Wakeup();
        wakeup.Raise();
        wakeup.Raise();

        Assert.True(IsRaised(wakeup));
        Assert.True(IsRaised(wakeup));
    }

    [Fact]
    public void A_reset_takes_back_all_that_was_raised()
    {
        using var wakeup = new Wakeup();
        wakeup.Raise();
        wakeup.Raise();

        wakeup.Reset();

        Assert.False(IsRaised(wakeup));
    }

    [Fact]
    public void A_reset_of_nothing_does_not_wait()
    {
        using var wakeup = new Wakeup();

        wakeup.Reset();

        Assert.False(IsRaised(wakeup));
    }

    [Fact]
    public void Another_thread_ends_the_wait()
    {
        using var wakeup = new Wakeup();
        var thread = new Thread(wakeup.Raise);
        thread.Start();

        Assert.True(Readiness.IsReadable(wakeup.Descriptor));
        thread.Join();
    }

    private static bool IsRaised(Wakeup wakeup) =>
        Poller.Wait([new PollEntry(wakeup.Descriptor, PollEvents.Readable)], TimeSpan.Zero) == 1;
}
