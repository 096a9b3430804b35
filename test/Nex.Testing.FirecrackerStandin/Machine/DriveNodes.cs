using System.Text.Json.Nodes;
using Nex.Testing.FirecrackerStandin.Configuration;

namespace Nex.Testing.FirecrackerStandin.Machine;

/// <summary>QEMU's chain for one drive: a file, its format, and above them its limits. All of it can be changed while the guest runs.</summary>
internal static class DriveNodes
{
    /// <summary>The node that the device uses.</summary>
    internal static string Top(int drive) => $"drive{drive}";

    internal static string FormatName(int drive) => $"format{drive}";

    internal static string FirstFile(int drive) => $"file{drive}-0";

    internal static string LimitsName(int drive) => $"limits{drive}";

    /// <summary>The number of the set of descriptors that has the file which the machine starts with.</summary>
    internal static int FirstFileSet(int drive) => drive;

    /// <param name="set">Of descriptors: QEMU opens nothing itself, since a path may mean something else to it.</param>
    internal static JsonObject File(string name, int set, bool isReadOnly) => new()
    {
        ["driver"] = "file",
        ["node-name"] = name,
        ["filename"] = $"/dev/fdset/{set}",
        ["read-only"] = isReadOnly,
        // Firecracker takes no lock: a file may be the drive of many guests.
        ["locking"] = "off",
    };

    internal static JsonObject Format(int drive, string file, bool isReadOnly) => new()
    {
        ["driver"] = "raw",
        ["node-name"] = FormatName(drive),
        ["file"] = file,
        ["read-only"] = isReadOnly,
    };

    internal static JsonObject Throttle(int drive, bool isReadOnly) => new()
    {
        ["driver"] = "throttle",
        ["node-name"] = Top(drive),
        ["throttle-group"] = LimitsName(drive),
        ["file"] = FormatName(drive),
        ["read-only"] = isReadOnly,
    };

    internal static JsonObject Limits(int drive, RateLimiter? limiter) => new()
    {
        ["qom-type"] = "throttle-group",
        ["id"] = LimitsName(drive),
        ["limits"] = LimitValues(limiter),
    };

    /// <summary>The rates of the buckets. What may be used at once is QEMU's own: a tenth of a second of them.</summary>
    internal static JsonObject LimitValues(RateLimiter? limiter) => new()
    {
        ["bps-total"] = limiter?.Bandwidth?.PerSecond() ?? 0,
        ["iops-total"] = limiter?.Ops?.PerSecond() ?? 0,
    };
}
