using Nex.ProcessManager.Agents;

namespace Nex.Workloads.Artifacts;

/// <summary>
/// Which artifacts the directory holds, who uses them, and which go when room is needed. Safe from any thread. No bytes are read or
/// written under its lock, only names changed: a file comes and goes by being renamed, so that the directory and the index change as one.
/// </summary>
internal sealed partial class ArtifactIndex : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ArtifactDirectory _directory;
    private readonly ArtifactCacheOptions _options;
    private readonly Dictionary<string, CachedArtifact> _artifacts = new(StringComparer.OrdinalIgnoreCase);

    // Both begin with what was used least recently. What somebody uses is in neither, so nothing in use can be dropped.
    private readonly LinkedList<CachedArtifact> _unused = new();
    private readonly LinkedList<CachedArtifact> _idle = new();
    private long _bytes;
    private long _idleBytes;
    private long _evictions;
    private volatile bool _disposed;

    /// <summary>Takes over what the directory holds, and evicts what is too much.</summary>
    internal ArtifactIndex(ArtifactDirectory directory, ArtifactCacheOptions options)
    {
        _directory = directory;
        _options = options;
        foreach ((string sha256, long size) in directory.Recover())
        {
            var artifact = new CachedArtifact(sha256) { Size = size };
            _artifacts.Add(sha256, artifact);
            _unused.AddLast(artifact.Unused);
            _bytes += size;
        }

        Reserve(0);
    }

    /// <summary>The bytes of all artifacts, and those reserved for more.</summary>
    internal long Bytes => Interlocked.Read(ref _bytes);

    internal long Evictions => Interlocked.Read(ref _evictions);

    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _artifacts.Count;
            }
        }
    }

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, typeof(ArtifactCache));

    /// <summary>Makes room for more bytes, which are the caller's until it adds an artifact or gives them back.</summary>
    /// <exception cref="ArtifactException">What is cached is in use.</exception>
    internal void Reserve(long count)
    {
        using var waste = new Waste(_directory);
        lock (_gate)
        {
            ThrowIfDisposed();
            while (_bytes + count > _options.MaxBytes)
            {
                CachedArtifact oldest = _unused.First?.Value ?? throw Full();
                Remove(oldest, waste);
                _evictions++;
            }

            _bytes += count;
        }
    }

    /// <summary>Gives back bytes that were reserved.</summary>
    internal void Unreserve(long count)
    {
        lock (_gate)
        {
            _bytes -= count;
        }
    }

    /// <summary>
    /// Gives a complete file its final name, in place of one that has it already, and begins a use of it. The bytes must have been reserved.
    /// The image is taken over.
    /// </summary>
    /// <returns>The artifact and the image to use, which may be one that it had before.</returns>
    internal (CachedArtifact Artifact, ArtifactFile Image) Add(string file, ArtifactFile image)
    {
        using var waste = new Waste(_directory);
        lock (_gate)
        {
            ThrowIfDisposed();
            _directory.Publish(file, image.Sha256);
            if (!_artifacts.TryGetValue(image.Sha256, out CachedArtifact? artifact))
            {
                artifact = new CachedArtifact(image.Sha256);
                _artifacts.Add(artifact.Sha256, artifact);
            }

            Use(artifact);
            _bytes -= artifact.Size;
            artifact.Size = image.Size;
            if (artifact.Image is { IsCompleted: true })
            {
                waste.Add(image);
            }
            else
            {
                // A load that is under way reads the file that has just been replaced, and gives way.
                artifact.Image = Task.FromResult<ArtifactFile?>(image);
            }

            return (artifact, artifact.Image.Result!);
        }
    }

    /// <summary>Begins a use of an artifact, and the load of its image where it has none.</summary>
    /// <returns>Null when the artifact is not cached. An image of null means that the artifact was damaged, and is gone.</returns>
    internal (CachedArtifact Artifact, Task<ArtifactFile?> Image)? TryUse(string sha256)
    {
        lock (_gate)
        {
            ThrowIfDisposed();
            if (!_artifacts.TryGetValue(sha256, out CachedArtifact? artifact))
            {
                return null;
            }

            Use(artifact);
            return (artifact, artifact.Image ??= StartLoad(artifact));
        }
    }

    /// <summary>Ends a use.</summary>
    internal void Release(CachedArtifact artifact)
    {
        using var waste = new Waste(_directory);
        lock (_gate)
        {
            if (--artifact.Users > 0)
            {
                return;
            }

            if (_disposed || _artifacts.GetValueOrDefault(artifact.Sha256) != artifact)
            {
                DropImage(artifact, waste);
                return;
            }

            _unused.AddLast(artifact.Unused);
            KeepIdle(artifact, waste);
        }
    }

    private void Use(CachedArtifact artifact)
    {
        artifact.Users++;
        if (artifact.Unused.List is not null)
        {
            _unused.Remove(artifact.Unused);
            Unidle(artifact);
        }
    }

    private void Remove(CachedArtifact artifact, Waste waste)
    {
        if (artifact.Unused.List is not null)
        {
            _unused.Remove(artifact.Unused);
            DropImage(artifact, waste);
        }

        _artifacts.Remove(artifact.Sha256);
        _bytes -= artifact.Size;
        // Without its lock the directory may be another cache's by now.
        if (!_disposed && _directory.Withdraw(artifact.Sha256) is { } file)
        {
            waste.Add(file);
        }
    }

    private ArtifactException Full() => new(
        ArtifactFailure.CacheFull,
        $"The artifact cache {_options.Directory} is full, and all of its {_bytes} bytes are in use. Stop workloads that are not needed, " +
        $"or raise {nameof(ArtifactCacheOptions.MaxBytes)} ({_options.MaxBytes}).");
}
