namespace Nex.Control.Connections;

/// <summary>Files that only their owner may read.</summary>
internal static class PrivateFile
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Puts a file of mode 0600 in place, whole or not at all.</summary>
    internal static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        string unfinished = $"{path}.{Environment.ProcessId}.new";
        File.Delete(unfinished);
        using (var file = new FileStream(unfinished, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Mode }))
        {
            file.Write(bytes);
        }

        File.Move(unfinished, path, overwrite: true);
    }
}
