using Nex.Workloads.Artifacts;

namespace Nex.Workloads.Tests.Artifacts;

public sealed class RecoveryTests : ArtifactCacheTest
{
    [Fact]
    public async Task What_was_cached_before_is_cached_after_a_restart()
    {
        byte[] content = Content(1, 100 * KiB);
        using (ArtifactCache cache = Open())
        {
            await AddUnusedAsync(cache, content);
        }

        using ArtifactCache next = Open();
        Assert.Equal((content.Length, 1), (next.Bytes, next.Count));
        using ArtifactLease? lease = await next.TryOpenAsync(Sha256(content), Token);
        Assert.Equal(content, Read(lease!));
    }

    [Fact]
    public async Task A_crash_in_the_middle_of_a_write_is_made_good()
    {
        byte[] content = Content(1, 10 * KiB);
        string hash = Sha256(content);
        Directory.CreateDirectory(CacheDirectory);
        await File.WriteAllBytesAsync(PathInCache(".temporary-4d36e96ee325411ca1ba7d6d1d5f9e1b"), content[..KiB], Token);
        await File.WriteAllBytesAsync(PathInCache(hash), content[..(5 * KiB)], Token);

        using ArtifactCache cache = Open();

        Assert.Empty(TemporaryFiles);
        Assert.Equal((5 * KiB, 1), (cache.Bytes, cache.Count));
        Assert.Null(await cache.TryOpenAsync(hash, Token));
        Assert.Equal((0, 0), (cache.Bytes, cache.Count));
        using ArtifactLease lease = await cache.AddAsync(new MemoryStream(content), hash, Token);
        Assert.Equal(content, Read(lease));
        Assert.Equal([hash], CachedFiles);
    }

    [Fact]
    public async Task What_is_not_the_caches_is_left_alone()
    {
        string hash = Sha256([]);
        string[] foreign = ["README", hash.ToUpperInvariant(), hash[1..], hash + ".bak", "temporary-1"];
        Directory.CreateDirectory(CacheDirectory);
        Directory.CreateDirectory(PathInCache(hash));
        File.CreateSymbolicLink(PathInCache(Sha256([1])), "/etc/passwd");
        Array.ForEach(foreign, name => File.WriteAllText(PathInCache(name), name));

        using (ArtifactCache cache = Open(maxBytes: KiB))
        {
            Assert.Equal((0, 0), (cache.Bytes, cache.Count));
            await AddUnusedAsync(cache, Content(1, KiB));
            await AddUnusedAsync(cache, Content(2, KiB));
        }

        Assert.All(foreign, name => Assert.Equal(name, File.ReadAllText(PathInCache(name))));
        Assert.True(Directory.Exists(PathInCache(hash)));
        Assert.True(File.Exists(PathInCache(Sha256([1]))));
    }

    [Fact]
    public void Two_caches_do_not_share_a_directory()
    {
        using (ArtifactCache cache = Open())
        {
            var failure = Assert.Throws<ArtifactException>(() => Open());
            Assert.Equal(ArtifactFailure.DirectoryInUse, failure.Failure);
            Assert.Contains(CacheDirectory, failure.Message);
            Assert.Contains("directory of its own", failure.Message);
        }

        using ArtifactCache next = Open();
        Assert.Equal(0, next.Count);
    }

    [Fact]
    public void A_directory_that_cannot_be_made_is_said()
    {
        File.WriteAllText(CacheDirectory, "a file");

        var failure = Assert.Throws<ArtifactException>(() => Open());

        Assert.Equal(ArtifactFailure.StorageFailed, failure.Failure);
        Assert.Contains(CacheDirectory, failure.Message);
    }

    [Fact]
    public async Task What_is_being_added_when_the_cache_is_disposed_of_fails_and_leaves_nothing()
    {
        using ArtifactCache cache = Open();
        var source = new StallingStream(Content(1, KiB));
        Task<ArtifactLease> adding = cache.AddAsync(source, cancellationToken: Token);
        await source.Stalled.WaitAsync(Token);

        cache.Dispose();
        source.End();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => adding);
        Assert.Empty(CachedFiles);
        Assert.Empty(TemporaryFiles);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => cache.AddAsync(new MemoryStream([1]), cancellationToken: Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => cache.TryOpenAsync(Sha256([1]), Token));
        Assert.Empty(TemporaryFiles);
    }
}
