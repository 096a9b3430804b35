using Nex.ProcessManager.Agents;

namespace Nex.Workloads.Artifacts;

/// <summary>
/// One artifact that is being added: its temporary file, its image, and the room reserved for it. What has not become part of the cache
/// is undone by <see cref="Dispose"/>. Used by one caller at a time.
/// </summary>
internal sealed class ArtifactIntake : IDisposable
{
    private readonly ArtifactDirectory _directory;
    private readonly ArtifactIndex _index;
    private readonly FileStream _file;
    private readonly ImageWriter _writer;
    private ArtifactFile? _image;
    private long _reserved;

    internal ArtifactIntake(ArtifactDirectory directory, ArtifactIndex index)
    {
        _directory = directory;
        _index = index;
        _file = directory.CreateTemporary();
        try
        {
            _writer = directory.Attempt("keep an artifact in memory", () => new ImageWriter());
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Takes all of a stream, whose own errors are passed on.</summary>
    /// <exception cref="ArtifactException">It is longer than allowed, or there is no room for it.</exception>
    internal async Task ReceiveAsync(Stream content, long maxBytes, CancellationToken cancellationToken)
    {
        if (content.CanSeek)
        {
            ThrowIfTooLarge(content.Length - content.Position, maxBytes);
        }

        byte[] buffer = new byte[ImageWriter.ChunkBytes];
        int count;
        while ((count = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ThrowIfTooLarge(_writer.Size + count, maxBytes);
            _index.Reserve(count);
            _reserved += count;
            Store(buffer.AsMemory(0, count));
        }
    }

    /// <summary>Makes what was received part of the cache, and begins a use of it.</summary>
    /// <param name="expectedSha256">What its SHA-256 must be, in either case; null for any.</param>
    internal (CachedArtifact Artifact, ArtifactFile Image) Commit(string? expectedSha256)
    {
        _image = _directory.Attempt("keep an artifact in memory", _writer.Finish);
        if (expectedSha256 is not null && !_image.Sha256.Equals(expectedSha256, StringComparison.OrdinalIgnoreCase))
        {
            throw new ArtifactException(
                ArtifactFailure.HashMismatch,
                $"The artifact has the SHA-256 {_image.Sha256}, not {expectedSha256}. Check where it comes from, and add it again.");
        }

        // The bytes are on the disk before they have their name: what a crash leaves under a name is whole.
        _directory.Attempt("store an artifact", () => _file.Flush(flushToDisk: true));
        var added = _index.Add(_file.Name, _image);
        _image = null;
        _reserved = 0;
        return added;
    }

    public void Dispose()
    {
        // Deletes the file, unless it has its final name by now.
        _file.Dispose();
        _writer.Dispose();
        _image?.Handle.Dispose();
        _index.Unreserve(_reserved);
    }

    private void Store(ReadOnlyMemory<byte> chunk) => _directory.Attempt("store an artifact", () =>
    {
        _file.Write(chunk.Span);
        _writer.Append(chunk.Span);
    });

    private static void ThrowIfTooLarge(long size, long maxBytes)
    {
        if (size > maxBytes)
        {
            throw new ArtifactException(
                ArtifactFailure.TooLarge,
                $"The artifact has more than the {maxBytes} bytes that this cache takes. Make it smaller, or raise " +
                $"{nameof(ArtifactCacheOptions.MaxArtifactBytes)} and, where that is less, {nameof(ArtifactCacheOptions.MaxBytes)}.");
        }
    }
}
