using Nex.Workloads.Artifacts;

namespace Nex.Workloads.Tests.Artifacts;

public sealed class OpeningTests : ArtifactCacheTest
{
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("")]
    [InlineData(".lock")]
    [InlineData("../cache/.lock")]
    public async Task What_is_not_cached_is_not_opened(string hash)
    {
        using ArtifactCache cache = Open();

        Assert.Null(await cache.TryOpenAsync(hash, Token));
        Assert.Equal((0, 1), (cache.Hits, cache.Misses));
    }

    [Fact]
    public async Task An_artifact_is_loaded_from_disk()
    {
        byte[] content = Content(1, 100 * KiB);
        using ArtifactCache cache = Open(maxIdleImageBytes: 0);
        string hash = await AddUnusedAsync(cache, content);

        using ArtifactLease? lease = await cache.TryOpenAsync(hash.ToUpperInvariant(), Token);

        Assert.Equal(content, Read(lease!));
        Assert.Equal(hash, lease!.Sha256);
        Assert.Equal((1, 0), (cache.Hits, cache.Misses));
    }

    [Fact]
    public async Task All_who_open_an_artifact_share_its_image()
    {
        using ArtifactCache cache = Open(maxIdleImageBytes: 0);
        string hash = await AddUnusedAsync(cache, Content(1, 400 * KiB));

        ArtifactLease?[] leases = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => cache.TryOpenAsync(hash, Token)));

        var image = Assert.Single(leases.Select(lease => lease!.File.Handle).Distinct());
        Array.ForEach(leases[1..], lease => lease!.Dispose());
        Assert.False(image.IsClosed);
        leases[0]!.Dispose();
        Assert.True(image.IsClosed);
    }

    [Fact]
    public async Task A_lease_ends_once_however_often_it_is_disposed_of()
    {
        using ArtifactCache cache = Open(maxIdleImageBytes: 0);
        string hash = await AddUnusedAsync(cache, Content(1, KiB));
        using ArtifactLease? one = await cache.TryOpenAsync(hash, Token);
        using ArtifactLease? other = await cache.TryOpenAsync(hash, Token);

        Parallel.For(0, 100, _ => one!.Dispose());

        Assert.Equal(Content(1, KiB), Read(other!));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(999)]
    [InlineData(1000)]
    [InlineData(1001)]
    public async Task A_damaged_file_is_removed_and_can_be_added_again(int size)
    {
        byte[] content = Content(1, 1000);
        using ArtifactCache cache = Open(maxIdleImageBytes: 0);
        string hash = await AddUnusedAsync(cache, content);
        await File.WriteAllBytesAsync(PathInCache(hash), Content(2, size), Token);

        Assert.Null(await cache.TryOpenAsync(hash, Token));
        Assert.Equal((0, 0, 1), (cache.Bytes, cache.Count, cache.Misses));
        Assert.Empty(CachedFiles);

        await AddUnusedAsync(cache, content);
        using ArtifactLease? lease = await cache.TryOpenAsync(hash, Token);
        Assert.Equal(content, Read(lease!));
    }

    [Fact]
    public async Task A_file_that_somebody_deleted_is_not_cached_any_more()
    {
        using ArtifactCache cache = Open(maxIdleImageBytes: 0);
        string hash = await AddUnusedAsync(cache, Content(1, KiB));
        File.Delete(PathInCache(hash));

        Assert.Null(await cache.TryOpenAsync(hash, Token));
        Assert.Equal((0, 0), (cache.Bytes, cache.Count));
    }

    [Fact]
    public async Task Adding_repairs_a_damaged_file()
    {
        byte[] content = Content(1, KiB);
        using ArtifactCache cache = Open(maxIdleImageBytes: 0);
        string hash = await AddUnusedAsync(cache, content);
        await File.WriteAllBytesAsync(PathInCache(hash), Content(2, 10), Token);

        await AddUnusedAsync(cache, content);

        using ArtifactLease? lease = await cache.TryOpenAsync(hash, Token);
        Assert.Equal(content, Read(lease!));
        Assert.Equal((KiB, 1), (cache.Bytes, cache.Count));
    }

    [Fact]
    public async Task What_could_not_be_read_is_said_and_not_thought_to_be_damaged()
    {
        using ArtifactCache cache = Open(maxIdleImageBytes: 0);
        string hash = await AddUnusedAsync(cache, Content(1, KiB));
        File.Delete(PathInCache(hash));
        File.CreateSymbolicLink(PathInCache(hash), PathInCache(hash));

        var failure = await Assert.ThrowsAsync<ArtifactException>(() => cache.TryOpenAsync(hash, Token));

        Assert.Equal((ArtifactFailure.StorageFailed, 1), (failure.Failure, cache.Count));
        Assert.Contains(CacheDirectory, failure.Message);
    }
}
