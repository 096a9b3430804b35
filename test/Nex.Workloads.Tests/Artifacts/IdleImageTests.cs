using Nex.Workloads.Artifacts;

namespace Nex.Workloads.Tests.Artifacts;

public sealed class IdleImageTests : ArtifactCacheTest
{
    [Fact]
    public async Task An_idle_image_is_used_again_without_reading_the_file()
    {
        byte[] content = Content(1, KiB);
        using ArtifactCache cache = Open();
        string hash = await AddUnusedAsync(cache, content);
        await File.WriteAllBytesAsync(PathInCache(hash), [], Token);

        Task<ArtifactLease?> opening = cache.TryOpenAsync(hash, Token);

        Assert.True(opening.IsCompletedSuccessfully);
        using ArtifactLease? lease = await opening;
        Assert.Equal(content, Read(lease!));
    }

    [Fact]
    public async Task Idle_images_beyond_their_limit_go_the_oldest_first()
    {
        using ArtifactCache cache = Open(maxIdleImageBytes: 2 * KiB);
        ArtifactLease[] leases = await AddAllAsync(cache, KiB, KiB, KiB);

        Array.ForEach(leases, lease => lease.Dispose());

        Assert.Equal([true, false, false], leases.Select(lease => lease.File.Handle.IsClosed));
        Assert.Equal(3, cache.Count);
    }

    [Fact]
    public async Task An_image_that_is_in_use_does_not_count_as_idle()
    {
        using ArtifactCache cache = Open(maxIdleImageBytes: KiB);
        ArtifactLease[] leases = await AddAllAsync(cache, KiB, KiB);
        leases[0].Dispose();
        using ArtifactLease? again = await cache.TryOpenAsync(leases[0].Sha256, Token);

        leases[1].Dispose();

        Assert.Equal([false, false], leases.Select(lease => lease.File.Handle.IsClosed));
        Assert.Same(leases[0].File.Handle, again!.File.Handle);
    }

    [Fact]
    public async Task An_image_larger_than_the_limit_does_not_displace_the_others()
    {
        using ArtifactCache cache = Open(maxIdleImageBytes: KiB);
        ArtifactLease[] leases = await AddAllAsync(cache, KiB, KiB + 1);

        Array.ForEach(leases, lease => lease.Dispose());

        Assert.Equal([false, true], leases.Select(lease => lease.File.Handle.IsClosed));
    }

    [Fact]
    public async Task The_image_of_what_is_evicted_goes_too()
    {
        using ArtifactCache cache = Open(maxBytes: KiB);
        ArtifactLease[] leases = await AddAllAsync(cache, KiB);
        leases[0].Dispose();

        await AddUnusedAsync(cache, Content(9, KiB));

        Assert.True(leases[0].File.Handle.IsClosed);
    }

    [Fact]
    public async Task Disposing_of_the_cache_drops_idle_images_and_keeps_what_is_leased()
    {
        ArtifactCache cache = Open();
        ArtifactLease[] leases = await AddAllAsync(cache, KiB, KiB);
        leases[0].Dispose();

        cache.Dispose();
        cache.Dispose();

        Assert.Equal([true, false], leases.Select(lease => lease.File.Handle.IsClosed));
        Assert.Equal(Content(1, KiB), Read(leases[1]));
        leases[1].Dispose();
        Assert.True(leases[1].File.Handle.IsClosed);
    }

    private static async Task<ArtifactLease[]> AddAllAsync(ArtifactCache cache, params int[] sizes)
    {
        var leases = new List<ArtifactLease>();
        foreach ((int number, int size) in sizes.Index())
        {
            leases.Add(await cache.AddAsync(new MemoryStream(Content(number, size)), cancellationToken: Token));
        }

        return [.. leases];
    }
}
