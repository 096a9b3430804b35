using static System.FormattableString;

namespace Nex.Control.Formats;

/// <summary>A time span in the way of the NATS server: <c>3s</c>, <c>2m3s</c>, <c>1h2m3s</c>, <c>4d1h2m3s</c>, <c>1y4d1h2m3s</c>.</summary>
public static class Uptime
{
    private const int DaysOfYear = 365;

    /// <summary>Writes a time span, which is not negative, in whole seconds; what is left of a second is dropped.</summary>
    public static string Format(TimeSpan span)
    {
        (int years, int days) = Math.DivRem(Math.Max(span.Days, 0), DaysOfYear);
        return span switch
        {
            { Days: >= DaysOfYear } => Invariant($"{years}y{days}d{span.Hours}h{span.Minutes}m{span.Seconds}s"),
            { Days: > 0 } => Invariant($"{days}d{span.Hours}h{span.Minutes}m{span.Seconds}s"),
            { Hours: > 0 } => Invariant($"{span.Hours}h{span.Minutes}m{span.Seconds}s"),
            { Minutes: > 0 } => Invariant($"{span.Minutes}m{span.Seconds}s"),
            _ => Invariant($"{Math.Max(span.Seconds, 0)}s"),
        };
    }
}
