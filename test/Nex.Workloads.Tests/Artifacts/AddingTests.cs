using Nex.Workloads.Artifacts;

namespace Nex.Workloads.Tests.Artifacts;

public sealed class AddingTests : ArtifactCacheTest
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64 * KiB)]
    [InlineData((64 * KiB) + 1)]
    [InlineData(500 * KiB)]
    public async Task What_is_added_can_be_used_at_once_and_is_on_disk_under_its_hash(int size)
    {
        byte[] content = Content(1, size);
        using ArtifactCache cache = Open();

        using ArtifactLease lease = await cache.AddAsync(new MemoryStream(content), Sha256(content), Token);

        Assert.Equal(content, Read(lease));
        Assert.Equal(Sha256(content), lease.Sha256);
        Assert.Equal(lease.Sha256, lease.File.Sha256);
        Assert.Equal(content, await File.ReadAllBytesAsync(PathInCache(lease.Sha256), Token));
        Assert.Equal((size, 1), (cache.Bytes, cache.Count));
        Assert.Empty(TemporaryFiles);
    }

    [Fact]
    public async Task The_image_cannot_be_changed()
    {
        using ArtifactCache cache = Open();
        using ArtifactLease lease = await cache.AddAsync(new MemoryStream(Content(1, KiB)), cancellationToken: Token);

        Assert.ThrowsAny<Exception>(() => RandomAccess.Write(lease.File.Handle, [1], 0));
        Assert.ThrowsAny<Exception>(() => RandomAccess.SetLength(lease.File.Handle, 1));
    }

    [Fact]
    public async Task Directory_and_files_are_for_their_owner_alone()
    {
        using ArtifactCache cache = Open();
        string hash = await AddUnusedAsync(cache, Content(1, KiB));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(CacheDirectory));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(PathInCache(hash)));
    }

    [Fact]
    public async Task The_same_content_is_kept_once()
    {
        byte[] content = Content(1, 30 * KiB);
        using ArtifactCache cache = Open();

        ArtifactLease[] leases = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => cache.AddAsync(new MemoryStream(content), cancellationToken: Token)));

        Assert.Single(leases.Select(lease => lease.File.Handle).Distinct());
        Assert.Equal((content.Length, 1), (cache.Bytes, cache.Count));
        Assert.Single(CachedFiles);
        Array.ForEach(leases, lease => lease.Dispose());
    }

    [Theory]
    [InlineData(100, 50)]
    [InlineData(50, 100)]
    public async Task What_is_larger_than_the_limits_is_refused(long maxBytes, long maxArtifactBytes)
    {
        using ArtifactCache cache = Open(maxBytes, maxArtifactBytes);
        using ArtifactLease largest = await cache.AddAsync(new MemoryStream(Content(1, 50)), cancellationToken: Token);
        largest.Dispose();

        foreach (Stream content in new Stream[] { new MemoryStream(Content(2, 51)), new StallingStream(Content(2, 51)) })
        {
            var failure = await Assert.ThrowsAsync<ArtifactException>(() => cache.AddAsync(content, cancellationToken: Token));
            Assert.Equal(ArtifactFailure.TooLarge, failure.Failure);
            Assert.Contains("MaxArtifactBytes", failure.Message);
        }

        Assert.Equal([largest.Sha256], CachedFiles);
        AssertNothingElseIsLeft(cache, bytes: 50);
    }

    [Fact]
    public async Task A_stream_is_read_from_its_position_and_not_at_all_when_the_rest_is_too_large()
    {
        using ArtifactCache cache = Open(maxArtifactBytes: 50);
        var content = new MemoryStream(Content(1, 100)) { Position = 49 };

        await Assert.ThrowsAsync<ArtifactException>(() => cache.AddAsync(content, cancellationToken: Token));
        Assert.Equal(49, content.Position);

        content.Position = 50;
        using ArtifactLease lease = await cache.AddAsync(content, cancellationToken: Token);
        Assert.Equal(Content(1, 100)[50..], Read(lease));
    }

    [Fact]
    public async Task A_cache_that_was_disposed_of_takes_and_gives_nothing()
    {
        ArtifactCache cache = Open();
        string hash = await AddUnusedAsync(cache, Content(1, KiB));
        var content = new StallingStream(Content(2, KiB));
        Task<ArtifactLease> adding = cache.AddAsync(content, cancellationToken: Token);
        await content.Stalled.WaitAsync(Token);

        cache.Dispose();
        content.End();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => adding);
        Assert.Throws<ObjectDisposedException>(() => { _ = cache.AddAsync(new MemoryStream(), cancellationToken: Token); });
        await Assert.ThrowsAsync<ObjectDisposedException>(() => cache.TryOpenAsync(hash, Token));
        Assert.Equal([hash], CachedFiles);
        Assert.Empty(TemporaryFiles);
    }

    [Fact]
    public async Task What_is_cancelled_before_it_begins_does_nothing()
    {
        using ArtifactCache cache = Open();
        string hash = await AddUnusedAsync(cache, Content(1, KiB));
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cache.AddAsync(new MemoryStream(Content(2, KiB)), cancellationToken: cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cache.TryOpenAsync(hash, cancelled));

        Assert.Equal((1, 0, 0), (cache.Count, cache.Hits, cache.Misses));
    }

    [Fact]
    public async Task Another_hash_than_the_expected_one_is_refused_and_both_are_named()
    {
        byte[] content = Content(1, KiB);
        string expected = Sha256(Content(2, KiB));
        using ArtifactCache cache = Open();

        var failure = await Assert.ThrowsAsync<ArtifactException>(() => cache.AddAsync(new MemoryStream(content), expected, Token));

        Assert.Equal(ArtifactFailure.HashMismatch, failure.Failure);
        Assert.Contains(Sha256(content), failure.Message);
        Assert.Contains(expected, failure.Message);
        AssertNothingElseIsLeft(cache);
    }

    [Fact]
    public async Task The_expected_hash_may_be_in_upper_case()
    {
        byte[] content = Content(1, KiB);
        using ArtifactCache cache = Open();

        using ArtifactLease lease = await cache.AddAsync(new MemoryStream(content), Sha256(content).ToUpperInvariant(), Token);

        Assert.Equal(Sha256(content), lease.Sha256);
    }

    [Fact]
    public async Task A_source_that_fails_leaves_nothing()
    {
        using ArtifactCache cache = Open();
        var source = new StallingStream(Content(1, 100 * KiB), new IOException("The source is gone."));

        var failure = await Assert.ThrowsAsync<IOException>(() => cache.AddAsync(source, cancellationToken: Token));

        Assert.Equal("The source is gone.", failure.Message);
        AssertNothingElseIsLeft(cache);
    }

    [Fact]
    public async Task Cancellation_leaves_nothing()
    {
        using ArtifactCache cache = Open();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var source = new StallingStream(Content(1, 100 * KiB));
        Task adding = cache.AddAsync(source, cancellationToken: cancel.Token);
        await source.Stalled.WaitAsync(Token);
        Assert.Single(TemporaryFiles);
        Assert.Equal(100 * KiB, cache.Bytes);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => adding);
        AssertNothingElseIsLeft(cache);
    }

    private void AssertNothingElseIsLeft(ArtifactCache cache, long bytes = 0)
    {
        Assert.Equal(bytes, cache.Bytes);
        Assert.Equal(CachedFiles.Count(), cache.Count);
        Assert.Empty(TemporaryFiles);
    }
}
