using Nex.Workloads.Artifacts;

namespace Nex.Workloads;

/// <summary>Where the bytes of an artifact come from, when they are not in the cache yet.</summary>
public abstract class ArtifactSource
{
    private protected ArtifactSource(string? name) => Name = name;

    /// <summary>The file name of the artifact, where it has one.</summary>
    public string? Name { get; }

    /// <summary>A file of the host.</summary>
    public static ArtifactSource File(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new FileSource(path);
    }

    /// <summary>A stream, read once, from where it stands to its end. The caller disposes of it.</summary>
    public static ArtifactSource Stream(Stream stream, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return new StreamSource(stream, name);
    }

    /// <summary>Bytes in memory, which must not change until the deploy has returned.</summary>
    public static ArtifactSource Bytes(byte[] bytes, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        return new StreamSource(new MemoryStream(bytes, writable: false), name);
    }

    /// <summary>Takes the artifact from the cache where it is there under that hash, and puts it there where not.</summary>
    internal async Task<ArtifactLease> OpenAsync(ArtifactCache cache, string? expectedSha256, CancellationToken cancellationToken)
    {
        ArtifactLease? cached = expectedSha256 is null ? null : await cache.TryOpenAsync(expectedSha256, cancellationToken).ConfigureAwait(false);
        return cached ?? await AddToAsync(cache, expectedSha256, cancellationToken).ConfigureAwait(false);
    }

    private protected abstract Task<ArtifactLease> AddToAsync(ArtifactCache cache, string? expectedSha256, CancellationToken cancellationToken);

    private sealed class FileSource(string path) : ArtifactSource(Path.GetFileName(path))
    {
        private protected override Task<ArtifactLease> AddToAsync(ArtifactCache cache, string? expectedSha256, CancellationToken cancellationToken) =>
            cache.AddFileAsync(path, expectedSha256, cancellationToken);
    }

    private sealed class StreamSource(Stream stream, string? name) : ArtifactSource(name)
    {
        private protected override Task<ArtifactLease> AddToAsync(ArtifactCache cache, string? expectedSha256, CancellationToken cancellationToken) =>
            cache.AddAsync(stream, expectedSha256, cancellationToken);
    }
}
