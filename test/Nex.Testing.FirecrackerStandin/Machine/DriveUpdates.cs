using System.Text.Json.Nodes;
using Nex.Testing.FirecrackerStandin.Configuration;

namespace Nex.Testing.FirecrackerStandin.Machine;

/// <summary>Changes drives of a running guest.</summary>
internal static class DriveUpdates
{
    /// <summary>Behind those of the files that a machine starts with.</summary>
    private static int _lastSet = 1000;

    /// <summary>Puts another file, or other limits, under a drive.</summary>
    /// <exception cref="QmpException">QEMU refused it.</exception>
    internal static async Task ApplyAsync(Guest guest, int index, DriveUpdate update, OpenDrive drive)
    {
        if (update.PathOnHost is not null)
        {
            await ReplaceFileAsync(guest, index, drive).ConfigureAwait(false);
        }

        if (update.RateLimiter is not null)
        {
            _ = await guest.ExecuteAsync("qom-set", new JsonObject
            {
                ["path"] = DriveNodes.LimitsName(index),
                ["property"] = "limits",
                ["value"] = DriveNodes.LimitValues(drive.Drive.RateLimiter),
            }).ConfigureAwait(false);
        }
    }

    private static async Task ReplaceFileAsync(Guest guest, int index, OpenDrive drive)
    {
        bool isReadOnly = drive.Drive.IsReadOnly ?? false;
        int set = ++_lastSet;
        string file = $"file{index}-{set}";
        _ = await guest.ExecuteAsync("add-fd", new JsonObject { ["fdset-id"] = set }, drive.File).ConfigureAwait(false);
        _ = await guest.ExecuteAsync("blockdev-add", DriveNodes.File(file, set, isReadOnly)).ConfigureAwait(false);
        _ = await guest.ExecuteAsync("blockdev-reopen", new JsonObject
        {
            ["options"] = new JsonArray(DriveNodes.Format(index, file, isReadOnly)),
        }).ConfigureAwait(false);
        if (!isReadOnly)
        {
            // To the length that it has: only so is the guest told of it.
            _ = await guest.ExecuteAsync("block_resize", new JsonObject
            {
                ["node-name"] = DriveNodes.Top(index),
                ["size"] = RandomAccess.GetLength(drive.File),
            }).ConfigureAwait(false);
        }
    }
}
