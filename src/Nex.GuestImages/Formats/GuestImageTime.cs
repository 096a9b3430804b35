namespace Nex.GuestImages.Formats;

/// <summary>The time that everything in every image has, so that an image does not depend on when it was built.</summary>
internal static class GuestImageTime
{
    /// <summary>The first second of the year 2000, UTC; not 0, which some tools take for "no time given".</summary>
    internal const long Seconds = 946_684_800;

    internal static readonly DateTimeOffset Value = DateTimeOffset.FromUnixTimeSeconds(Seconds);
}
