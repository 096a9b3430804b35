namespace Nex.Workloads.Artifacts;

/// <summary>Why an artifact was not cached or not opened.</summary>
public enum ArtifactFailure
{
    /// <summary>It is larger than the cache takes.</summary>
    TooLarge,

    /// <summary>Its bytes are not the ones that were asked for.</summary>
    HashMismatch,

    /// <summary>There is no room, and all that is cached is in use.</summary>
    CacheFull,

    /// <summary>There is no file of that path.</summary>
    NotFound,

    /// <summary>What has that path is no regular file.</summary>
    NotAFile,

    /// <summary>The file of that path cannot be read.</summary>
    Unreadable,

    /// <summary>Another cache, mostly that of another process, uses the directory.</summary>
    DirectoryInUse,

    /// <summary>The host did not let the cache write, read or keep in memory what is its own.</summary>
    StorageFailed,
}

/// <summary>An artifact was not cached or not opened. The message says what to do about it.</summary>
public sealed class ArtifactException(ArtifactFailure failure, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>Why, for a program.</summary>
    public ArtifactFailure Failure { get; } = failure;
}
