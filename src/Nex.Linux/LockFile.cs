using Microsoft.Win32.SafeHandles;
using Nex.Linux.Interop;

namespace Nex.Linux;

/// <summary>What one at a time has, of all processes of this host: a locked file, which is there for as long. It ends with its process too.</summary>
internal sealed class LockFile : IDisposable
{
    private const int ReadWrite = 0x2;
    private const int Create = 0x40;
    private const int CloseOnExec = 0x80000;
    private const uint OwnerOnly = 0x180;

    private readonly string _path;
    private readonly SafeFileHandle _file;

    private LockFile(string path, SafeFileHandle file)
    {
        _path = path;
        _file = file;
    }

    /// <summary>Blocks until nobody else has it.</summary>
    /// <param name="path">Of the file, which is made.</param>
    /// <param name="cancellationToken">Does not end the wait; once it is cancelled, the file is not made any more.</param>
    /// <exception cref="LinuxException">The file cannot be made.</exception>
    /// <exception cref="OperationCanceledException">It would have to be made, and is not wanted any more.</exception>
    internal static LockFile Take(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            SafeFileHandle file = Open(path);
            try
            {
                FileLock.Take(file, path);
                // Who had it has removed the file, and somebody may have made another since.
                if (!IsRemoved(file))
                {
                    return new LockFile(path, file);
                }
            }
            catch
            {
                file.Dispose();
                throw;
            }

            file.Dispose();
        }
    }

    public void Dispose()
    {
        File.Delete(_path);
        _file.Dispose();
    }

    private static SafeFileHandle Open(string path)
    {
        int descriptor = Libc.Create(path, ReadWrite | Create | CloseOnExec, OwnerOnly);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw LinuxException.Last("open", path);
    }

    private static bool IsRemoved(SafeFileHandle file) =>
        File.ResolveLinkTarget($"/proc/self/fd/{file.DangerousGetHandle()}", returnFinalTarget: false)?.FullName.EndsWith(" (deleted)", StringComparison.Ordinal) == true;
}
