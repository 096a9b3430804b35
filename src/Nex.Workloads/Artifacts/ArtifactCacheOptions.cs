namespace Nex.Workloads.Artifacts;

/// <summary>Where artifacts are kept, and how much of what. Immutable; checked as a whole when a cache is created.</summary>
public sealed record ArtifactCacheOptions
{
    /// <summary>
    /// The directory of the cache, an absolute path. It is made with mode 0700 where it is missing. One cache at a time uses it; files in it
    /// that are not the cache's are left alone.
    /// </summary>
    public required string Directory { get; init; }

    /// <summary>
    /// The most that the artifacts take on disk, in bytes, those that are being added included. Those that are added or in use are whole in memory
    /// too, each once, so that this bounds that memory as well. 1 GiB by default.
    /// </summary>
    public long MaxBytes { get; init; } = 1024L * 1024 * 1024;

    /// <summary>The size in bytes of the largest artifact that is taken. 512 MiB by default.</summary>
    public long MaxArtifactBytes { get; init; } = 512L * 1024 * 1024;

    /// <summary>
    /// The most memory, in bytes, for images of artifacts that nobody uses now, so that their next use is instant; zero for none. 64 MiB by
    /// default. Images in use are in addition to it, and bounded by <see cref="MaxBytes"/>.
    /// </summary>
    public long MaxIdleImageBytes { get; init; } = 64L * 1024 * 1024;
}
