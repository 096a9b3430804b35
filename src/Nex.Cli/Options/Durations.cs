using System.Buffers;
using System.Globalization;

namespace Nex.Cli.Options;

/// <summary>Times as NATS's tools take them: <c>2s</c>, <c>500ms</c>, <c>1m30s</c>.</summary>
internal static class Durations
{
    // Longest first, so that "ms" is not taken for "m".
    private static readonly (string Unit, double Seconds)[] Units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)];

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <returns>Null when it is none, is not above zero, or is longer than a day.</returns>
    internal static TimeSpan? TryParse(string text)
    {
        double seconds = 0;
        for (ReadOnlySpan<char> rest = text; rest.Length > 0;)
        {
            int digits = rest.IndexOfAnyExcept(Digits);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            {
                return null;
            }

            rest = rest[digits..];
            string? unit = null;
            foreach ((string name, double length) in Units)
            {
                if (rest.StartsWith(name, StringComparison.Ordinal))
                {
                    (unit, seconds) = (name, seconds + (number * length));
                    break;
                }
            }

            if (unit is null)
            {
                return null;
            }

            rest = rest[unit.Length..];
        }

        return seconds > 0 && seconds <= Longest.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }
}
