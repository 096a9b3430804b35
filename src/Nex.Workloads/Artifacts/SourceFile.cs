using Nex.Linux;

namespace Nex.Workloads.Artifacts;

/// <summary>The files that artifacts are added from.</summary>
internal static class SourceFile
{
    /// <summary>Opens a regular file for reading. Never waits, whatever the path names.</summary>
    /// <exception cref="ArtifactException">There is none, or it cannot be read.</exception>
    internal static FileStream Open(string path)
    {
        if (Directory.Exists(path))
        {
            throw new ArtifactException(ArtifactFailure.NotAFile, $"{path} is a directory. Name the file that holds the artifact.");
        }

        FileStream stream = OpenStream(path);
        if (stream.CanSeek)
        {
            return stream;
        }

        stream.Dispose();
        throw new ArtifactException(
            ArtifactFailure.NotAFile, $"{path} is a pipe or a device. Write what it gives to a file, and name that file.");
    }

    internal static ArtifactException Unreadable(string path, Exception exception) => new(
        ArtifactFailure.Unreadable,
        $"{path} cannot be read: {exception.Message}. Check the file, and that this process's user may read it.",
        exception);

    private static FileStream OpenStream(string path)
    {
        try
        {
            return new FileStream(Descriptor.OpenReadOnly(path), FileAccess.Read, bufferSize: 0);
        }
        catch (LinuxException exception) when (exception.Errno == Errno.NoEntry)
        {
            throw new ArtifactException(ArtifactFailure.NotFound, $"{path} does not exist. Check the path of the artifact.", exception);
        }
        catch (LinuxException exception)
        {
            throw Unreadable(path, exception);
        }
    }
}
