using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nex.ProcessManager.Agents;

namespace Nex.Workloads.Artifacts;

/// <summary>
/// Keeps artifacts on disk under their SHA-256, and gives them out as sealed files in memory. Bounded: what was used least recently goes
/// first, and never what is in use. What it gives out is always verified; what a crash or a fault of the disk has left broken is noticed,
/// and then not cached. The order of use outlasts a restart.
/// </summary>
/// <remarks>
/// Every member may be called from any thread. The work on files is done on the thread pool, and a call that is cancelled ends its own wait,
/// not the load that others wait for. Errors are <see cref="ArtifactException"/>, but for those of a caller's stream, which are passed on.
/// </remarks>
public sealed class ArtifactCache : IDisposable
{
    private readonly ArtifactDirectory _directory;
    private readonly ArtifactIndex _index;
    private readonly long _maxArtifactBytes;
    private long _hits;
    private long _misses;

    /// <summary>
    /// Opens the cache in its directory, which it keeps to itself until it is disposed of: deletes what a crash has left unfinished, and
    /// takes over the artifacts that are there, to be verified when they are first opened.
    /// </summary>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">The options have faults.</exception>
    /// <exception cref="ArtifactException">Another cache uses the directory, or the host does not let this one use it.</exception>
    public ArtifactCache(ArtifactCacheOptions options, ILogger<ArtifactCache>? logger = null, TimeProvider? time = null)
    {
        ArtifactCacheOptionsValidator.ThrowIfInvalid(options);
        _maxArtifactBytes = Math.Min(options.MaxArtifactBytes, options.MaxBytes);
        _directory = new ArtifactDirectory(options.Directory, logger ?? NullLogger<ArtifactCache>.Instance, time ?? TimeProvider.System);
        try
        {
            _index = new ArtifactIndex(_directory, options);
        }
        catch
        {
            _directory.Dispose();
            throw;
        }
    }

    /// <summary>What the artifacts take on disk, in bytes, those that are being added included. Never more than the options allow.</summary>
    public long Bytes => _index.Bytes;

    /// <summary>How many artifacts are cached.</summary>
    public int Count => _index.Count;

    /// <summary>How often <see cref="TryOpenAsync"/> gave an artifact.</summary>
    public long Hits => Interlocked.Read(ref _hits);

    /// <summary>How often <see cref="TryOpenAsync"/> had none to give.</summary>
    public long Misses => Interlocked.Read(ref _misses);

    /// <summary>How many artifacts went to make room.</summary>
    public long Evictions => _index.Evictions;

    /// <summary>
    /// Adds the bytes of a stream, from its position to its end. Those that are cached already are added again, and kept once. When it
    /// returns, they outlast a crash of the host; when it fails or is cancelled, nothing of them is left.
    /// </summary>
    /// <param name="content">Is read once, in chunks, and not closed. Meanwhile it takes room of its own.</param>
    /// <param name="expectedSha256">What the SHA-256 of the bytes must be, in hexadecimal digits; null for any.</param>
    /// <param name="cancellationToken">Ends the call, and with it the reading.</param>
    /// <returns>A lease, which the caller disposes of.</returns>
    /// <exception cref="ArtifactException">The artifact is too large or another one, there is no room, or it could not be stored.</exception>
    public Task<ArtifactLease> AddAsync(Stream content, string? expectedSha256 = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        _index.ThrowIfDisposed();
        return Task.Run(
            async () =>
            {
                using var intake = new ArtifactIntake(_directory, _index);
                await intake.ReceiveAsync(content, _maxArtifactBytes, cancellationToken).ConfigureAwait(false);
                (CachedArtifact artifact, ArtifactFile image) = intake.Commit(expectedSha256);
                ArtifactLease lease = Lease(artifact, image);
                _directory.Sync();
                return lease;
            },
            cancellationToken);
    }

    /// <summary>Adds the bytes of a regular file, like <see cref="AddAsync"/>. Anything else that the path may name is refused at once.</summary>
    /// <exception cref="ArtifactException">As above, or the file is missing, is none, or cannot be read.</exception>
    public async Task<ArtifactLease> AddFileAsync(
        string path, string? expectedSha256 = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream content = SourceFile.Open(path);
        try
        {
            return await AddAsync(content, expectedSha256, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw SourceFile.Unreadable(path, exception);
        }
    }

    /// <summary>
    /// Opens an artifact. Where it has an image in memory, no file is read; otherwise it is loaded and verified, once for all who wait for it.
    /// </summary>
    /// <param name="sha256">In hexadecimal digits of either case. Anything else is not cached.</param>
    /// <param name="cancellationToken">Ends the wait. The load goes on.</param>
    /// <returns>A lease, which the caller disposes of; null when the artifact is not cached, or was damaged and so has been removed.</returns>
    /// <exception cref="ArtifactException">The artifact could not be read or kept in memory.</exception>
    public async Task<ArtifactLease?> TryOpenAsync(string sha256, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sha256);
        cancellationToken.ThrowIfCancellationRequested();
        if (_index.TryUse(sha256) is not var (artifact, loading))
        {
            Interlocked.Increment(ref _misses);
            return null;
        }

        ArtifactFile? image = null;
        try
        {
            image = await loading.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (image is null)
            {
                _index.Release(artifact);
            }
        }

        Interlocked.Increment(ref image is null ? ref _misses : ref _hits);
        return image is null ? null : Lease(artifact, image);
    }

    /// <summary>
    /// Lets go of the directory and of what is in memory without being leased. Leases stay valid; additions that are under way fail and leave
    /// nothing. Again, it does nothing.
    /// </summary>
    public void Dispose()
    {
        _index.Dispose();
        _directory.Dispose();
    }

    private ArtifactLease Lease(CachedArtifact artifact, ArtifactFile image)
    {
        _directory.Touch(artifact.Sha256);
        return new ArtifactLease(image, () =>
        {
            // While it is in use it cannot be evicted: the file that is touched is this artifact's.
            _directory.Touch(artifact.Sha256);
            _index.Release(artifact);
        });
    }
}
