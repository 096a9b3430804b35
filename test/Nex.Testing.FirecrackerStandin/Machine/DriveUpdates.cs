using System.Text.Json.Nodes;
using Nex.Testing.FirecrackerStandin.Configuration;

namespace Nex.Testing.FirecrackerStandin.Machine;

/// <summary>Changes drives of a running guest.</summary>
internal static class DriveUpdates
{
    private static int _files;

    /// <summary>Puts another file, or other limits, under a drive.</summary>
    /// <exception cref="QmpException">QEMU refused it.</exception>
    internal static async Task ApplyAsync(Guest guest, int index, DriveUpdate update, Drive drive)
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
                ["value"] = DriveNodes.LimitValues(drive.RateLimiter),
            }).ConfigureAwait(false);
        }
    }

    private static async Task ReplaceFileAsync(Guest guest, int index, Drive drive)
    {
        bool isReadOnly = drive.IsReadOnly ?? false;
        string file = $"file{index}-{++_files}";
        _ = await guest.ExecuteAsync("blockdev-add", DriveNodes.File(file, drive.PathOnHost!, isReadOnly)).ConfigureAwait(false);
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
                ["size"] = new FileInfo(drive.PathOnHost!).Length,
            }).ConfigureAwait(false);
        }
    }
}
