namespace Nex.Chaos.Faults;

/// <summary>What holds for a while and is undone then.</summary>
internal static class Moment
{
    /// <param name="undo">Also when the round is over before.</param>
    internal static async Task<bool> ForAsync(TimeSpan time, Func<Task> undo, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(time, TimeProvider.System, cancellation);
            return true;
        }
        finally
        {
            await undo();
        }
    }

    internal static TimeSpan Of(Random dice, int least, int most) => TimeSpan.FromMilliseconds(dice.Next(least, most));
}
