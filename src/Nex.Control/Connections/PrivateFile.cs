using Nex.Linux;
using Nex.Linux.Machine;

namespace Nex.Control.Connections;

/// <summary>Files that only their owner may read: mode 0600, put in place whole or not at all.</summary>
internal static class PrivateFile
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes a file, in place of the one that is there.</summary>
    internal static void Write(string path, ReadOnlySpan<byte> bytes) =>
        Put(path, bytes, unfinished => File.Move(unfinished, path, overwrite: true));

    /// <summary>Makes a file where there is none. Of several that try at once, one does.</summary>
    /// <returns>False where there is one.</returns>
    internal static bool TryCreate(string path, ReadOnlySpan<byte> bytes)
    {
        try
        {
            // A move that does not overwrite looks first and moves then, and so overwrites what has come in between.
            Put(path, bytes, unfinished => FileSystems.Link(unfinished, path));
            return true;
        }
        catch (LinuxException failure) when (failure.Errno == Errno.Exists)
        {
            return false;
        }
    }

    private static void Put(string path, ReadOnlySpan<byte> bytes, Action<string> putInPlace)
    {
        string unfinished = $"{path}.{Guid.NewGuid():n}.new";
        try
        {
            using (var file = new FileStream(unfinished, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Mode }))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }

            putInPlace(unfinished);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }
}
