using Nex.Workloads.Artifacts;

namespace Nex.Workloads.Tests.Artifacts;

public sealed class EvictionTests : ArtifactCacheTest
{
    [Fact]
    public async Task What_was_used_least_recently_goes_first()
    {
        using ArtifactCache cache = Open(maxBytes: 3 * KiB);
        string first = await AddUnusedAsync(cache, Content(1, KiB));
        string second = await AddUnusedAsync(cache, Content(2, KiB));
        string third = await AddUnusedAsync(cache, Content(3, KiB));
        using (await cache.TryOpenAsync(first, Token))
        {
        }

        string fourth = await AddUnusedAsync(cache, Content(4, KiB));

        Assert.DoesNotContain(second, CachedFiles);
        Assert.Equal(new[] { first, third, fourth }.Order(), CachedFiles.Order());
        Assert.Null(await cache.TryOpenAsync(second, Token));
        Assert.Equal((3 * KiB, 3, 1), (cache.Bytes, cache.Count, cache.Evictions));
        Assert.Empty(TemporaryFiles);
    }

    [Fact]
    public async Task What_is_leased_stays()
    {
        using ArtifactCache cache = Open(maxBytes: 2 * KiB);
        using ArtifactLease lease = await cache.AddAsync(new MemoryStream(Content(1, KiB)), cancellationToken: Token);
        string second = await AddUnusedAsync(cache, Content(2, KiB));

        string third = await AddUnusedAsync(cache, Content(3, KiB));

        Assert.DoesNotContain(second, CachedFiles);
        Assert.Equal(new[] { lease.Sha256, third }.Order(), CachedFiles.Order());
    }

    [Fact]
    public async Task When_all_is_in_use_there_is_no_room_and_nothing_is_left_of_what_came_too_late()
    {
        using ArtifactCache cache = Open(maxBytes: 200 * KiB);
        ArtifactLease lease = await cache.AddAsync(new MemoryStream(Content(1, 101 * KiB)), cancellationToken: Token);

        var failure = await Assert.ThrowsAsync<ArtifactException>(
            () => cache.AddAsync(new MemoryStream(Content(2, 100 * KiB)), cancellationToken: Token));

        Assert.Equal(ArtifactFailure.CacheFull, failure.Failure);
        Assert.Contains("MaxBytes", failure.Message);
        Assert.Equal((101 * KiB, 1), (cache.Bytes, cache.Count));
        Assert.Empty(TemporaryFiles);

        lease.Dispose();
        Assert.Equal(Sha256(Content(2, 100 * KiB)), await AddUnusedAsync(cache, Content(2, 100 * KiB)));
    }

    [Fact]
    public async Task What_is_refused_for_its_size_evicts_nothing()
    {
        using ArtifactCache cache = Open(maxBytes: KiB);
        string hash = await AddUnusedAsync(cache, Content(1, KiB));

        await Assert.ThrowsAsync<ArtifactException>(() => cache.AddAsync(new MemoryStream(Content(2, 2 * KiB)), cancellationToken: Token));

        Assert.Equal([hash], CachedFiles);
    }

    [Fact]
    public async Task The_order_of_use_outlasts_a_restart()
    {
        string first, second;
        using (ArtifactCache cache = Open())
        {
            first = await AddUnusedAsync(cache, Content(1, KiB));
            second = await AddUnusedAsync(cache, Content(2, KiB));
            await AddUnusedAsync(cache, Content(3, KiB));
            Time.Advance(TimeSpan.FromSeconds(1));
            using ArtifactLease? lease = await cache.TryOpenAsync(first, Token);
        }

        using ArtifactCache next = Open(maxBytes: 3 * KiB);
        await AddUnusedAsync(next, Content(4, KiB));

        Assert.Contains(first, CachedFiles);
        Assert.DoesNotContain(second, CachedFiles);
    }

    [Fact]
    public async Task What_was_in_use_at_a_crash_counts_as_used_when_its_use_began()
    {
        string first, second;
        ArtifactLease? lost;
        using (ArtifactCache cache = Open())
        {
            first = await AddUnusedAsync(cache, Content(1, KiB));
            second = await AddUnusedAsync(cache, Content(2, KiB));
            Time.Advance(TimeSpan.FromSeconds(1));
            lost = await cache.TryOpenAsync(first, Token);
        }

        using ArtifactCache next = Open(maxBytes: 2 * KiB);
        await AddUnusedAsync(next, Content(3, KiB));

        Assert.Contains(first, CachedFiles);
        Assert.DoesNotContain(second, CachedFiles);
        lost!.Dispose();
    }

    [Fact]
    public async Task What_was_used_for_long_counts_as_used_when_its_use_ended()
    {
        string second;
        ArtifactLease first;
        using (ArtifactCache cache = Open())
        {
            first = await cache.AddAsync(new MemoryStream(Content(1, KiB)), cancellationToken: Token);
            second = await AddUnusedAsync(cache, Content(2, KiB));
            Time.Advance(TimeSpan.FromSeconds(1));
            first.Dispose();
        }

        using ArtifactCache next = Open(maxBytes: 2 * KiB);
        await AddUnusedAsync(next, Content(3, KiB));

        Assert.Contains(first.Sha256, CachedFiles);
        Assert.DoesNotContain(second, CachedFiles);
    }

    [Fact]
    public async Task A_lease_that_outlives_its_cache_leaves_the_directory_to_the_next()
    {
        ArtifactLease lease;
        using (ArtifactCache cache = Open())
        {
            lease = await cache.AddAsync(new MemoryStream(Content(1, KiB)), cancellationToken: Token);
        }

        DateTime used = File.GetLastWriteTimeUtc(PathInCache(lease.Sha256));
        Time.Advance(TimeSpan.FromHours(1));
        lease.Dispose();

        Assert.Equal(used, File.GetLastWriteTimeUtc(PathInCache(lease.Sha256)));
    }

    [Fact]
    public async Task What_could_not_be_loaded_is_not_in_use()
    {
        using ArtifactCache cache = Open(maxBytes: KiB, maxIdleImageBytes: 0);
        string hash = await AddUnusedAsync(cache, Content(1, KiB));
        File.Delete(PathInCache(hash));
        File.CreateSymbolicLink(PathInCache(hash), PathInCache(hash));
        await Assert.ThrowsAsync<ArtifactException>(() => cache.TryOpenAsync(hash, Token));

        string next = await AddUnusedAsync(cache, Content(2, KiB));

        Assert.Equal([next], CachedFiles);
    }

    [Fact]
    public async Task A_lower_limit_holds_from_the_start_on()
    {
        string last;
        using (ArtifactCache cache = Open())
        {
            await AddUnusedAsync(cache, Content(1, KiB));
            last = await AddUnusedAsync(cache, Content(2, KiB));
        }

        using ArtifactCache next = Open(maxBytes: KiB);

        Assert.Equal([last], CachedFiles);
        Assert.Equal((KiB, 1), (next.Bytes, next.Count));
        Assert.Empty(TemporaryFiles);
    }
}
