using Microsoft.Extensions.Time.Testing;
using Nex.Workloads.Restarts;

namespace Nex.Workloads.Tests.Restarts;

public sealed class RestartBackoffTests
{
    private static readonly RestartOptions Options = new()
    {
        InitialDelay = TimeSpan.FromSeconds(1),
        MaxDelay = TimeSpan.FromSeconds(20),
        MaxFailures = 8,
        HalfLife = TimeSpan.FromMinutes(5),
    };

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void The_delay_doubles_up_to_its_limit_with_jitter_between_half_and_all_of_it()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var backoff = new RestartBackoff(Options, _time, new Random(seed));
            foreach (double longest in (double[])[1, 2, 4, 8, 16, 20, 20, 20])
            {
                double delay = backoff.NextDelay()!.Value.TotalSeconds;
                Assert.InRange(delay, longest / 2, longest);
            }
        }
    }

    [Fact]
    public void Different_workloads_do_not_wait_in_step()
    {
        var random = new Random(1);
        IEnumerable<TimeSpan?> delays = Enumerable.Range(0, 20).Select(_ => new RestartBackoff(Options, _time, random).NextDelay());
        Assert.True(delays.Distinct().Count() > 15);
    }

    [Fact]
    public void Too_many_failures_in_a_short_time_are_the_end()
    {
        var backoff = new RestartBackoff(Options, _time, new Random(1));
        Assert.All(Enumerable.Range(0, Options.MaxFailures), _ => Assert.NotNull(backoff.NextDelay()));
        Assert.Null(backoff.NextDelay());
    }

    [Fact]
    public void Failures_are_forgotten_with_time()
    {
        var backoff = new RestartBackoff(Options, _time, new Random(1));
        for (int failure = 0; failure < 5; failure++)
        {
            backoff.NextDelay();
        }

        // After ten half-lives, a thousandth of the five is left.
        _time.Advance(10 * Options.HalfLife);
        Assert.InRange(backoff.NextDelay()!.Value.TotalSeconds, 0.5, 1.01);
    }

    [Fact]
    public void A_workload_that_fails_now_and_then_is_never_given_up()
    {
        var backoff = new RestartBackoff(Options, _time, new Random(1));
        for (int failure = 0; failure < 1000; failure++)
        {
            Assert.NotNull(backoff.NextDelay());
            _time.Advance(TimeSpan.FromMinutes(2));
        }
    }
}
