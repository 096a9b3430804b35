using Microsoft.Extensions.Time.Testing;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Pool;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Pool;

public sealed class StartBackoffTests
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);
    private static readonly ProcessManagerOptions Options =
        new() { StartBackoff = First, MaxStartBackoff = Longest, StartTimeout = TimeSpan.FromSeconds(7) };

    [Fact]
    public void Nothing_waits_before_a_failure()
    {
        StartBackoff backoff = Create(out _);

        Assert.Null(backoff.Wait);
        Assert.Equal((0, null, null), (backoff.Failures, backoff.Reason, backoff.NextStart));
    }

    [Fact]
    public void The_wait_is_at_random_between_half_and_all_of_a_doubled_time_up_to_the_longest()
    {
        for (int failures = 1; failures <= 40; failures++)
        {
            double all = Math.Min(Longest.TotalSeconds, First.TotalSeconds * Math.Pow(2, failures - 1));
            double[] waits = [.. Enumerable.Range(0, 50).Select(_ => WaitAfter(failures))];

            Assert.All(waits, wait => Assert.InRange(wait, all / 2, all + 1e-6));
            Assert.True(waits.Distinct().Count() > 10, "Waits are not random.");
        }
    }

    [Fact]
    public void A_success_forgets_all_failures()
    {
        StartBackoff backoff = Create(out _);
        backoff.Failed(backoff.Round, "once");
        backoff.Failed(backoff.Round, "twice");

        backoff.Succeeded();

        Assert.Null(backoff.Wait);
        Assert.Equal((0, null, null), (backoff.Failures, backoff.Reason, backoff.NextStart));
    }

    [Fact]
    public void The_wait_is_over_when_its_time_has_come()
    {
        StartBackoff backoff = Create(out TestTime time);
        backoff.Failed(backoff.Round, "once");
        TimeSpan wait = backoff.NextStart!.Value - time.GetUtcNow();

        time.Advance(wait - TimeSpan.FromTicks(1));
        Assert.NotNull(backoff.Wait);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(backoff.Wait);
    }

    /// <summary>The clock of a host can be set while a start waits.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void The_wait_does_not_follow_the_clock_of_the_host(int days)
    {
        var time = new TimeOfHost();
        var backoff = new StartBackoff(Options, time);
        backoff.Failed(backoff.Round, "once");
        TimeSpan wait = backoff.Wait!.Value;

        time.ClockError = TimeSpan.FromDays(days);

        Assert.Equal((wait, time.GetUtcNow() + wait), (backoff.Wait, backoff.NextStart));
        time.Advance(wait);
        Assert.Null(backoff.Wait);
    }

    [Fact]
    public void What_had_begun_before_a_failure_does_not_count_again()
    {
        StartBackoff backoff = Create(out _);
        int begun = backoff.Round;
        backoff.Failed(begun, "the first of many");
        TimeSpan? wait = backoff.Wait;

        backoff.Failed(begun, "another of them");

        Assert.Equal((1, "another of them", wait), (backoff.Failures, backoff.Reason, backoff.Wait));
        backoff.Failed(backoff.Round, "the next");
        Assert.Equal(2, backoff.Failures);
        // A success begins a new row.
        backoff.Succeeded();
        backoff.Failed(begun, "the last of many");
        Assert.Equal(1, backoff.Failures);
    }

    /// <summary>They all become warm, and none lives.</summary>
    [Fact]
    public void Agents_that_end_as_soon_as_they_are_warm_are_waited_for_longer_and_longer()
    {
        StartBackoff backoff = Create(out TestTime time);
        for (int ended = 1; ended <= 20; ended++)
        {
            int begun = backoff.Round;
            backoff.Succeeded();
            time.Advance(Longest - TimeSpan.FromTicks(1));

            Assert.True(backoff.Ended(begun, Longest - TimeSpan.FromTicks(1), "It ended."));

            double all = Math.Min(Longest.TotalSeconds, First.TotalSeconds * Math.Pow(2, ended - 1));
            Assert.InRange(backoff.Wait!.Value.TotalSeconds, all / 2, all + 1e-6);
            Assert.Equal((0, true, "It ended."), (backoff.Failures, backoff.IsFailing, backoff.Reason));
            time.Advance(backoff.Wait.Value);
            Assert.False(backoff.IsFailing);
            time.Advance(Options.StartTimeout);
        }
    }

    [Fact]
    public void An_agent_that_was_warm_for_the_longest_wait_is_replaced_at_once()
    {
        StartBackoff backoff = Create(out _);

        Assert.False(backoff.Ended(backoff.Round, Longest, "It ended."));

        Assert.Equal((null, false), (backoff.Wait, backoff.IsFailing));
    }

    [Fact]
    public void Agents_that_end_now_and_then_are_not_waited_for_longer_and_longer()
    {
        StartBackoff backoff = Create(out TestTime time);
        for (int ended = 1; ended <= 20; ended++)
        {
            Assert.True(backoff.Ended(backoff.Round, TimeSpan.Zero, "It ended."));

            Assert.InRange(backoff.Wait!.Value, First / 2, First);
            time.Advance(Options.StartTimeout + (2 * Longest) + TimeSpan.FromTicks(1));
        }
    }

    [Fact]
    public void A_pool_that_ends_as_a_whole_is_one_failure()
    {
        StartBackoff backoff = Create(out _);
        int begun = backoff.Round;

        for (int agent = 0; agent < 10; agent++)
        {
            Assert.True(backoff.Ended(begun, TimeSpan.Zero, "It ended."));
        }

        Assert.InRange(backoff.Wait!.Value, First / 2, First);
    }

    [Fact]
    public void The_longer_wait_counts()
    {
        StartBackoff backoff = Create(out _);
        for (int failed = 0; failed < 10; failed++)
        {
            backoff.Failed(backoff.Round, "failed");
        }

        TimeSpan? wait = backoff.Wait;
        _ = backoff.Ended(backoff.Round, TimeSpan.Zero, "ended");
        Assert.Equal((wait, "failed"), (backoff.Wait, backoff.Reason));
        backoff.Succeeded();
        Assert.InRange(backoff.Wait!.Value, First / 2, First);
        Assert.Equal("ended", backoff.Reason);
    }

    /// <summary>Until one succeeds: that its wait is over does not say that the next will.</summary>
    [Fact]
    public void Starts_are_failing_when_their_wait_is_over_too()
    {
        StartBackoff backoff = Create(out TestTime time);
        Assert.False(backoff.IsFailing);
        backoff.Failed(backoff.Round, "once");

        time.Advance(First);

        Assert.Null(backoff.Wait);
        Assert.True(backoff.IsFailing);
        backoff.Succeeded();
        Assert.False(backoff.IsFailing);
    }

    [Fact]
    public void The_longer_of_two_waits_counts()
    {
        StartBackoff backoff = Create(out _);
        for (int ended = 0; ended < 6; ended++)
        {
            _ = backoff.Ended(backoff.Round, TimeSpan.Zero, "ended");
        }

        TimeSpan longer = backoff.Wait!.Value;
        backoff.Failed(backoff.Round, "failed");

        Assert.True(longer > First);
        Assert.Equal(longer, backoff.Wait);
    }

    private static double WaitAfter(int failures)
    {
        StartBackoff backoff = Create(out TestTime time);
        for (int failed = 0; failed < failures; failed++)
        {
            backoff.Failed(backoff.Round, "failed");
        }

        return (backoff.NextStart!.Value - time.GetUtcNow()).TotalSeconds;
    }

    private static StartBackoff Create(out TestTime time)
    {
        time = new TestTime();
        return new StartBackoff(Options, time);
    }

    /// <summary>Time that passes evenly, whatever its clock shows.</summary>
    private sealed class TimeOfHost : FakeTimeProvider
    {
        internal TimeSpan ClockError { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ClockError;

        public override long GetTimestamp() => base.GetUtcNow().Ticks;
    }
}
