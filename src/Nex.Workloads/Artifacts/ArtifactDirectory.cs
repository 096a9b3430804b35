using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;

namespace Nex.Workloads.Artifacts;

/// <summary>
/// The files of a cache: each artifact under its SHA-256, and temporary ones. Safe from any thread; what must not happen to one artifact at
/// once is for <see cref="ArtifactIndex"/> to order. Where nothing else is said, what the host refuses is an
/// <see cref="ArtifactException"/>.
/// </summary>
internal sealed partial class ArtifactDirectory : IDisposable
{
    private const string LockName = ".lock";
    private const string TemporaryPrefix = ".temporary-";
    private const int HashDigits = 64;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _path;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly FileStream _lock;

    /// <summary>Makes the directory where it is missing, and keeps other caches out of it until disposed of.</summary>
    internal ArtifactDirectory(string path, ILogger logger, TimeProvider time)
    {
        _path = path;
        _logger = logger;
        _time = time;
        _lock = Attempt("be opened", Lock);
    }

    /// <summary>Deletes what a crash has left unfinished, and lists the artifacts, the one used least recently first.</summary>
    internal IReadOnlyList<(string Sha256, long Size)> Recover() => Attempt("be read", () =>
    {
        FileInfo[] files = new DirectoryInfo(_path).GetFiles();
        foreach (FileInfo leftover in files.Where(file => file.Name.StartsWith(TemporaryPrefix, StringComparison.Ordinal)))
        {
            leftover.Delete();
        }

        return files.Where(IsArtifact).OrderBy(file => file.LastWriteTimeUtc).Select(file => (file.Name, file.Length)).ToArray();
    });

    /// <summary>A new file to write to. It is deleted when it is closed, unless it was given its final name before.</summary>
    internal FileStream CreateTemporary() => Attempt(
        "store an artifact", () => OpenFile(TemporaryName(), FileMode.CreateNew, FileOptions.DeleteOnClose));

    /// <summary>Gives a file its final name, in place of one that has it already.</summary>
    internal void Publish(string file, string sha256) => Attempt(
        "store an artifact", () => File.Move(file, PathOf(sha256), overwrite: true));

    /// <summary>
    /// Makes the names given so far outlast a crash of the host. Never fails: a cache that has forgotten something is still right.
    /// </summary>
    internal void Sync()
    {
        try
        {
            using SafeFileHandle directory = Descriptor.OpenReadOnly(_path);
            RandomAccess.FlushToDisk(directory);
        }
        catch (Exception exception) when (IsFileError(exception))
        {
            LogNotSynced(_path, exception);
        }
    }

    /// <summary>Takes an artifact's name away, which is quick where deleting a large file is not. Never fails.</summary>
    /// <returns>The file to delete, or null when there is none.</returns>
    internal string? Withdraw(string sha256)
    {
        string file = PathOf(TemporaryName());
        try
        {
            File.Move(PathOf(sha256), file);
            return file;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (IsFileError(exception))
        {
            LogNotDeleted(PathOf(sha256), exception);
            return null;
        }
    }

    /// <summary>Never fails: what could not be deleted is tried again by the next start.</summary>
    internal void Delete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception exception) when (IsFileError(exception))
        {
            LogNotDeleted(file, exception);
        }
    }

    /// <summary>
    /// Notes that an artifact is used now, for the order after a restart. Never fails. Does nothing once the directory was let go of, because
    /// it may be another cache's by then.
    /// </summary>
    internal void Touch(string sha256)
    {
        bool locked = _lock.CanRead;
        if (!locked)
        {
            return;
        }

        try
        {
            File.SetLastWriteTimeUtc(PathOf(sha256), _time.GetUtcNow().UtcDateTime);
        }
        catch (Exception exception) when (IsFileError(exception))
        {
            LogNotTouched(PathOf(sha256), exception);
        }
    }

    /// <summary>Does something with the host's files or memory, and says what the cache cannot do when the host refuses.</summary>
    /// <param name="what">The end of "The cache cannot …".</param>
    internal T Attempt<T>(string what, Func<T> operation)
    {
        try
        {
            return operation();
        }
        catch (Exception exception) when (IsFileError(exception))
        {
            throw new ArtifactException(
                ArtifactFailure.StorageFailed,
                $"The artifact cache {_path} cannot {what}: {exception.Message.TrimEnd('.')}. Check that this process's user may write there, " +
                "and that its file system, and the memory, have room.",
                exception);
        }
    }

    /// <inheritdoc cref="Attempt{T}"/>
    internal void Attempt(string what, Action operation) => Attempt(what, () =>
    {
        operation();
        return true;
    });

    public void Dispose() => _lock.Dispose();

    private FileStream Lock()
    {
        Directory.CreateDirectory(_path, OwnerOnly | UnixFileMode.UserExecute);
        try
        {
            return OpenFile(LockName, FileMode.OpenOrCreate, FileOptions.None);
        }
        catch (IOException exception) when (exception.HResult == Errno.Again)
        {
            throw new ArtifactException(
                ArtifactFailure.DirectoryInUse,
                $"The artifact cache {_path} is in use, probably by another node. Give each a directory of its own, or stop the other one.",
                exception);
        }
    }

    private FileStream OpenFile(string name, FileMode mode, FileOptions options) => new(PathOf(name), new FileStreamOptions
    {
        Mode = mode,
        Access = FileAccess.ReadWrite,
        Share = FileShare.None,
        Options = options,
        BufferSize = 0,
        UnixCreateMode = OwnerOnly,
    });

    private string PathOf(string name) => Path.Combine(_path, name);

    private static string TemporaryName() => $"{TemporaryPrefix}{Guid.NewGuid():N}";

    private static bool IsArtifact(FileInfo file) =>
        file.Name.Length == HashDigits && file.Name.All(char.IsAsciiHexDigitLower) && file.LinkTarget is null;

    private static bool IsFileError(Exception exception) => exception is IOException or UnauthorizedAccessException;
}
