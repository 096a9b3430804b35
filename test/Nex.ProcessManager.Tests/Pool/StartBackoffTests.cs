using Microsoft.Extensions.Time.Testing;
using Nex.ProcessManager.Pool;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Pool;

public sealed class StartBackoffTests
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

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
        var backoff = new StartBackoff(First, Longest, time);
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
        return new StartBackoff(First, Longest, time);
    }

    /// <summary>Time that passes evenly, whatever its clock shows.</summary>
    private sealed class TimeOfHost : FakeTimeProvider
    {
        internal TimeSpan ClockError { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + ClockError;

        public override long GetTimestamp() => base.GetUtcNow().Ticks;
    }
}
