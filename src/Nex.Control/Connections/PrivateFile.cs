namespace Nex.Control.Connections;

/// <summary>Files that only their owner may read: mode 0600, put in place whole or not at all.</summary>
internal static class PrivateFile
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes a file, in place of the one that is there.</summary>
    internal static void Write(string path, ReadOnlySpan<byte> bytes) => _ = TryPut(path, bytes, overwrite: true);

    /// <summary>Makes a file where there is none. Of several that try at once, one does.</summary>
    /// <returns>False where there is one.</returns>
    internal static bool TryCreate(string path, ReadOnlySpan<byte> bytes) => TryPut(path, bytes, overwrite: false);

    private static bool TryPut(string path, ReadOnlySpan<byte> bytes, bool overwrite)
    {
        string unfinished = $"{path}.{Guid.NewGuid():n}.new";
        try
        {
            using (var file = new FileStream(unfinished, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Mode }))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }

            File.Move(unfinished, path, overwrite);
            return true;
        }
        catch (IOException) when (!overwrite && File.Exists(path))
        {
            return false;
        }
        finally
        {
            File.Delete(unfinished);
        }
    }
}
