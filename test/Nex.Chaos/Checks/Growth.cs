using System.Globalization;

namespace Nex.Chaos.Checks;

/// <summary>
/// What a node gathers. Its footprints at each rest since its start are looked at: the first bounds all, and in the second half of them the trend has
/// to be flat. A trend is the median of the slopes between any two footprints, so that a single rest at which a runtime keeps more for later does not
/// make one.
/// </summary>
internal sealed class Growth
{
    private const int FewestForTrend = 5;

    // A runtime keeps room for the most that it once had in work, and what of its program has run is its own too.
    private const double MostMegabytes = 64;
    private const int MostDescriptors = 16;

    // By its trend, over the half of a run.
    private const double MostMegabytesOfTrend = 8;
    private const double MostDescriptorsOfTrend = 3;

    private readonly List<Footprint> _all = [];

    internal void Add(Footprint footprint)
    {
        if (_all.Count > 0 && _all[^1].Node != footprint.Node)
        {
            _all.Clear();
        }

        _all.Add(footprint);
    }

    /// <summary>What has become more than a runtime may keep for later.</summary>
    internal IEnumerable<string> Faults() =>
    [
        .. Faults("own memory, in MB,", footprint => footprint.Megabytes, MostMegabytes, MostMegabytesOfTrend),
        .. Faults("open files", footprint => footprint.Descriptors, MostDescriptors, MostDescriptorsOfTrend),
    ];

    private IEnumerable<string> Faults(string what, Func<Footprint, double> value, double most, double mostOfTrend)
    {
        if (value(_all[^1]) - value(_all[0]) > most)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"The node's {what} have grown from {value(_all[0]):0.0} to {value(_all[^1]):0.0}.");
        }

        Footprint[] half = [.. _all.Skip(_all.Count / 2)];
        if (half.Length >= FewestForTrend)
        {
            double slope = Slope(half, value);
            long operations = half[^1].Operations - half[0].Operations;
            if (slope * operations > mostOfTrend)
            {
                yield return string.Create(
                    CultureInfo.InvariantCulture,
                    $"The node's {what} grow steadily: by {slope * 1000:0.00} in 1,000 operations, over the last {operations:#,0}: {string.Join(", ", half.Select(value).Select(one => $"{one:0.0}"))}.");
            }
        }
    }

    private static double Slope(Footprint[] footprints, Func<Footprint, double> value)
    {
        double[] slopes =
        [
            .. from later in footprints
               from earlier in footprints
               where earlier.Operations < later.Operations
               let slope = (value(later) - value(earlier)) / (later.Operations - earlier.Operations)
               orderby slope
               select slope,
        ];
        return slopes[slopes.Length / 2];
    }
}
