using Microsoft.Win32.SafeHandles;
using Nex.Linux.Interop;

namespace Nex.Linux;

/// <summary>
/// Locks of the kind that belong to what was opened (<c>flock</c>), be it a file or a directory: they end with its last descriptor, and so with
/// the process at the latest, and are seen by every process of the host.
/// </summary>
internal static class FileLock
{
    private const int SharedLock = 1;
    private const int ExclusiveLock = 2;
    private const int WithoutWaiting = 4;

    /// <summary>Blocks until nobody else has it. A file system without locks gives it at once.</summary>
    internal static void Take(SafeFileHandle file, string path) => _ = Take(file, ExclusiveLock, path);

    /// <summary>Blocks until nobody has it for himself alone. A file system without locks gives it at once.</summary>
    internal static void TakeShared(SafeFileHandle file, string path) => _ = Take(file, SharedLock, path);

    /// <returns>False when somebody else has it, or the file system has no locks.</returns>
    internal static bool TryTake(SafeFileHandle file, string path) => Take(file, ExclusiveLock | WithoutWaiting, path);

    private static bool Take(SafeFileHandle file, int operation, string path)
    {
        while (Libc.Lock(file, operation) != 0)
        {
            switch (Errno.Last)
            {
                case Errno.Interrupted:
                    continue;
                case Errno.Again or Errno.NoLocks or Errno.NotSupported:
                    return false;
                default:
                    throw LinuxException.Last("lock", path);
            }
        }

        return true;
    }
}
