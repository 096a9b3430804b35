using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.ProcessManager.Agents;

namespace Nex.Workloads.Artifacts;

/// <summary>Loading, and what is logged.</summary>
internal sealed partial class ArtifactDirectory
{
    /// <summary>Reads an artifact into an image, and verifies it.</summary>
    /// <returns>Null when the file is missing, or is not what its name says.</returns>
    /// <exception cref="ArtifactException">It could not be read, which does not say that it is damaged.</exception>
    internal ArtifactFile? Load(string sha256) => Attempt("load an artifact", () =>
    {
        ArtifactFile image;
        try
        {
            image = Read(PathOf(sha256));
        }
        catch (LinuxException exception) when (exception.Errno == Errno.NoEntry)
        {
            LogMissing(PathOf(sha256));
            return null;
        }

        if (image.Sha256 != sha256)
        {
            image.Handle.Dispose();
            LogDamaged(PathOf(sha256), image.Size, image.Sha256);
            return null;
        }

        return image;
    });

    private static ArtifactFile Read(string path)
    {
        using SafeFileHandle file = Descriptor.OpenReadOnly(path);
        using var writer = new ImageWriter();
        byte[] buffer = new byte[ImageWriter.ChunkBytes];
        int count;
        while ((count = RandomAccess.Read(file, buffer, writer.Size)) > 0)
        {
            writer.Append(buffer.AsSpan(0, count));
        }

        return writer.Finish();
    }

    [LoggerMessage(450, LogLevel.Warning, "Removed {Path}, which was damaged: its {Size} bytes have the SHA-256 {ActualSha256}")]
    private partial void LogDamaged(string path, long size, string actualSha256);

    [LoggerMessage(451, LogLevel.Warning, "The cached artifact {Path} is missing: something else has removed it")]
    private partial void LogMissing(string path);

    [LoggerMessage(452, LogLevel.Warning, "{Path} could not be removed from the artifact cache; the next start tries again")]
    private partial void LogNotDeleted(string path, Exception exception);

    [LoggerMessage(453, LogLevel.Debug, "The time of use of {Path} could not be noted")]
    private partial void LogNotTouched(string path, Exception exception);

    [LoggerMessage(454, LogLevel.Warning, "The artifact cache {Path} could not be synchronized: what was added last may be gone after a crash")]
    private partial void LogNotSynced(string path, Exception exception);
}
