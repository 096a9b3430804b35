using Nex.Linux.Interop;

namespace Nex.Linux;

/// <summary>What .NET does not tell of a file.</summary>
/// <param name="OwnerId">The user it belongs to.</param>
/// <param name="GroupId">The group it belongs to.</param>
/// <param name="IsDirectory">Whether it is a directory; a link to one is not.</param>
internal readonly record struct FileStatus(uint OwnerId, uint GroupId, bool IsDirectory, bool IsLink, UnixFileMode Mode)
{
    private const int TypeMask = 0xf000;
    private const int DirectoryType = 0x4000;
    private const int LinkType = 0xa000;
    private const int PermissionMask = 0xfff;

    /// <summary>Looks at the file of exactly that name: a link at its end is not followed.</summary>
    /// <exception cref="LinuxException">There is none, or it cannot be reached.</exception>
    internal static unsafe FileStatus Read(string path)
    {
        Libc.ExtendedStatus status = default;
        if (Libc.StatX(Libc.CurrentDirectory, path, Libc.DoNotFollowLink, Libc.BasicStatus, &status) != 0)
        {
            throw LinuxException.Last("statx", path);
        }

        int type = status.Mode & TypeMask;
        return new FileStatus(status.UserId, status.GroupId, type == DirectoryType, type == LinkType, (UnixFileMode)(status.Mode & PermissionMask));
    }
}
