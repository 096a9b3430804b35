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
        backoff.Failed("once");
        backoff.Failed("twice");

        backoff.Succeeded();

        Assert.Null(backoff.Wait);
        Assert.Equal((0, null, null), (backoff.Failures, backoff.Reason, backoff.NextStart));
    }

    [Fact]
    public void The_wait_is_over_when_its_time_has_come()
    {
        StartBackoff backoff = Create(out TestTime time);
        backoff.Failed("once");
        TimeSpan wait = backoff.NextStart!.Value - time.GetUtcNow();

        time.Advance(wait - TimeSpan.FromTicks(1));
        Assert.NotNull(backoff.Wait);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(backoff.Wait);
    }

    private static double WaitAfter(int failures)
    {
        StartBackoff backoff = Create(out TestTime time);
        for (int failed = 0; failed < failures; failed++)
        {
            backoff.Failed("failed");
        }

        return (backoff.NextStart!.Value - time.GetUtcNow()).TotalSeconds;
    }

    private static StartBackoff Create(out TestTime time)
    {
        time = new TestTime();
        return new StartBackoff(First, Longest, time);
    }
}
