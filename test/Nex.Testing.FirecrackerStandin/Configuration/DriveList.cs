using Microsoft.Win32.SafeHandles;
using Nex.Testing.FirecrackerStandin.Api;

namespace Nex.Testing.FirecrackerStandin.Configuration;

/// <summary>A drive and its file, open from the moment that it was put: what becomes of its path later does not matter.</summary>
internal sealed record OpenDrive(Drive Drive, SafeFileHandle File);

/// <summary>The drives of a machine, the root device first.</summary>
internal sealed class DriveList
{
    private readonly List<OpenDrive> _drives = [];

    internal IReadOnlyList<OpenDrive> All => _drives;

    /// <summary>Adds a drive, or replaces the one of that id.</summary>
    /// <exception cref="ApiFaultException">It cannot be opened, or is a second root device.</exception>
    internal void Put(Drive drive)
    {
        if (drive.Socket is not null)
        {
            throw Faults.NotSupported("firecracker-standin has no vhost-user drives");
        }

        SafeFileHandle file = Open(drive);
        if (drive.IsRootDevice && _drives.Exists(other => other.Drive.IsRootDevice && other.Drive.DriveId != drive.DriveId))
        {
            file.Dispose();
            throw Faults.SecondRootDrive();
        }

        int? index = IndexOf(drive.DriveId);
        if (index is { } old)
        {
            _drives[old].File.Dispose();
            _drives.RemoveAt(old);
        }

        _drives.Insert(drive.IsRootDevice ? 0 : index ?? _drives.Count, new OpenDrive(drive, file));
    }

    internal int? IndexOf(string id) => _drives.FindIndex(other => other.Drive.DriveId == id) is >= 0 and var index ? index : null;

    /// <summary>A drive as it will be: with another file that is now open, or with its own.</summary>
    /// <exception cref="ApiFaultException">The file cannot be opened.</exception>
    internal OpenDrive Updated(int index, DriveUpdate update)
    {
        OpenDrive old = _drives[index];
        Drive drive = old.Drive with
        {
            PathOnHost = update.PathOnHost ?? old.Drive.PathOnHost,
            RateLimiter = RateLimiter.Update(old.Drive.RateLimiter, update.RateLimiter),
        };
        return new OpenDrive(drive, update.PathOnHost is null ? old.File : Open(drive));
    }

    internal void Replace(int index, OpenDrive drive)
    {
        if (_drives[index].File != drive.File)
        {
            _drives[index].File.Dispose();
        }

        _drives[index] = drive;
    }

    private static SafeFileHandle Open(Drive drive)
    {
        string path = drive.PathOnHost ?? throw Faults.DriveWithoutFile();
        try
        {
            FileAccess access = drive.IsReadOnly is true ? FileAccess.Read : FileAccess.ReadWrite;
            return File.OpenHandle(path, FileMode.Open, access, FileShare.ReadWrite);
        }
        catch (Exception failure) when (HostError.IsOfFile(failure))
        {
            throw Faults.DriveFile(path, HostError.Text(failure));
        }
    }
}
