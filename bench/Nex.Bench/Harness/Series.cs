using System.Diagnostics;

namespace Nex.Bench.Harness;

/// <summary>Samples of one thing.</summary>
/// <param name="take">Takes one.</param>
internal sealed class Series(Func<Task<double>> take)
{
    private readonly List<double> _values = [];

    internal Samples Samples => new(_values);

    /// <summary>In the order in which they were taken.</summary>
    internal IReadOnlyList<double> Values => _values;

    /// <summary>
    /// Takes samples of several things by turns: what disturbs the machine for a while disturbs all of them. Each round begins with the next
    /// one, so that none always follows the same. The first rounds are not counted.
    /// </summary>
    internal static Task InterleaveAsync(BenchContext context, string what, int rounds, params IReadOnlyList<Series> series) =>
        InterleaveAsync(context, what, warmUps: 3, rounds, series);

    /// <summary>The same, for what takes so long that each round counts.</summary>
    internal static async Task InterleaveAsync(BenchContext context, string what, int warmUps, int rounds, params IReadOnlyList<Series> series)
    {
        for (int round = -warmUps; round < rounds; round++)
        {
            context.Progress.Report(what, Math.Max(round, 0), rounds);
            for (int turn = 0; turn < series.Count; turn++)
            {
                context.CancellationToken.ThrowIfCancellationRequested();
                Series next = series[(turn + round + warmUps) % series.Count];
                double value = await next.Take();
                if (round >= 0)
                {
                    next._values.Add(value);
                }
            }
        }
    }

    /// <summary>Milliseconds since a timestamp of <see cref="Stopwatch"/>.</summary>
    internal static double Since(long begun) => Stopwatch.GetElapsedTime(begun).TotalMilliseconds;

    private Task<double> Take() => take();
}
