using System.IO.Pipelines;
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

    /// <summary>
    /// What is fetched only where the cache does not have it, in chunks as they come. Used for one deploy.
    /// </summary>
    /// <param name="fetch">Writes the artifact to the stream that it is given. What it throws is passed on.</param>
    /// <param name="name">The file name of the artifact, where it has one.</param>
    public static ArtifactSource Fetch(Func<Stream, CancellationToken, Task> fetch, string? name = null) => Fetch(fetch, name, useCache: true);

    /// <param name="useCache">
    /// Whether who deploys may be given what is cached for nothing but its hash. Where hashes are told by people who do not trust each
    /// other, whoever knows one could otherwise run, and so read, what he has never had.
    /// </param>
    internal static ArtifactSource Fetch(Func<Stream, CancellationToken, Task> fetch, string? name, bool useCache)
    {
        ArgumentNullException.ThrowIfNull(fetch);
        return new FetchedSource(fetch, name, useCache);
    }

    /// <summary>Takes the artifact from the cache where it is there under that hash, and puts it there where not.</summary>
    internal virtual async Task<ArtifactLease> OpenAsync(ArtifactCache cache, string? expectedSha256, CancellationToken cancellationToken)
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

    private sealed class FetchedSource(Func<Stream, CancellationToken, Task> fetch, string? name, bool useCache) : ArtifactSource(name)
    {
        internal override Task<ArtifactLease> OpenAsync(ArtifactCache cache, string? expectedSha256, CancellationToken cancellationToken) =>
            useCache ? base.OpenAsync(cache, expectedSha256, cancellationToken) : AddToAsync(cache, expectedSha256, cancellationToken);

        private protected override async Task<ArtifactLease> AddToAsync(ArtifactCache cache, string? expectedSha256, CancellationToken cancellationToken)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var pipe = new Pipe();
            Task writing = Task.Run(() => WriteAsync(pipe.Writer, either.Token), CancellationToken.None);
            try
            {
                await using Stream content = pipe.Reader.AsStream();
                return await cache.AddAsync(content, expectedSha256, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                // Whatever the outcome, nobody reads any more, and nothing goes on behind the caller's back.
                await either.CancelAsync().ConfigureAwait(false);
                await writing.ConfigureAwait(false);
            }
        }

        /// <summary>Never fails itself: how it ends is what the reader finds.</summary>
        private async Task WriteAsync(PipeWriter writer, CancellationToken cancellationToken)
        {
            try
            {
                await using (Stream stream = writer.AsStream(leaveOpen: true))
                {
                    await fetch(stream, cancellationToken).ConfigureAwait(false);
                }

                await writer.CompleteAsync().ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                await writer.CompleteAsync(failure).ConfigureAwait(false);
            }
        }
    }
}
