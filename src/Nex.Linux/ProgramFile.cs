using Microsoft.Win32.SafeHandles;
using Nex.Linux.Interop;

namespace Nex.Linux;

/// <summary>Writes programs so that they can be executed.</summary>
/// <remarks>
/// <para>
/// The kernel executes no file that is open for writing anywhere (ETXTBSY). Whoever writes one and closes it cannot know that: a thread of the
/// same process may have started another program meanwhile, and a child that is forked has all descriptors of its parent until it executes its
/// own program, close-on-exec or not.
/// </para>
/// <para>
/// So the file is locked while it is written. Such a lock ends with the last copy of the descriptor, whichever process has it: a second lock
/// waits for exactly what has to be over. The kernel gives the lock back in the call that ends the writing, some instructions before that: less
/// than it takes to wake up who waits. Where a file system has no locks, a start that comes too early fails, and is tried again.
/// </para>
/// </remarks>
internal static class ProgramFile
{
    private const int WriteOnly = 0x1;
    private const int CreateNew = 0x40 | 0x80;
    private const int CloseOnExec = 0x80000;
    private const uint OwnerOnly = 0x180;
    private const ulong MountedNoExec = 0x8;

    /// <summary>
    /// Whether the kernel executes programs in a directory, which need not exist yet: it does not where the file system is mounted with
    /// <c>noexec</c>, and never in what has no full path.
    /// </summary>
    internal static unsafe bool MayBeIn(string directory)
    {
        while (!Directory.Exists(directory) && Path.GetDirectoryName(directory) is { } parent)
        {
            directory = parent;
        }

        Libc.FileSystemStatus status = default;
        return Libc.StatFileSystem(directory, &status) == 0 && (status.Flags & MountedNoExec) == 0;
    }

    /// <summary>Copies a program to a file that does not exist yet. It can be executed after <see cref="WaitUntilWritten"/>.</summary>
    /// <exception cref="IOException">One of the two cannot be opened, or there is no room.</exception>
    /// <exception cref="UnauthorizedAccessException">The source cannot be read.</exception>
    internal static void Copy(string source, string target, UnixFileMode mode)
    {
        using FileStream input = File.OpenRead(source);
        // Not by a FileStream of its own: that takes such a lock away when it closes its descriptor, and not with the last.
        int descriptor = Libc.Create(target, WriteOnly | CreateNew | CloseOnExec, OwnerOnly);
        using var handle = descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw LinuxException.Last("create", target);
        FileLock.Take(handle, target);
        using var output = new FileStream(handle, FileAccess.Write, bufferSize: 0);
        input.CopyTo(output);
        File.SetUnixFileMode(handle, mode);
    }

    /// <summary>Blocks until no process has a file open any more for writing that <see cref="Copy"/> has made. That is usually at once.</summary>
    internal static void WaitUntilWritten(string path)
    {
        using SafeFileHandle file = Descriptor.OpenReadOnly(path);
        FileLock.TakeShared(file, path);
    }
}
