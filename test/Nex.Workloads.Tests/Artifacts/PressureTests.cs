using Nex.Workloads.Artifacts;

namespace Nex.Workloads.Tests.Artifacts;

/// <summary>Alone, because they count the descriptors of the whole process.</summary>
[CollectionDefinition(nameof(PressureTests), DisableParallelization = true)]
[Collection(nameof(PressureTests))]
public sealed class PressureTests : ArtifactCacheTest
{
    private const int Workers = 8;
    private const int Rounds = 150;
    private const long MaxBytes = 250 * KiB;

    // 20 to 92 KiB, 392 KiB together: most of them have room, but not all.
    private static readonly byte[][] Contents = [.. Enumerable.Range(0, 7).Select(number => Content(number, (20 + (number * 12)) * KiB))];
    private static readonly string[] Hashes = [.. Contents.Select(Sha256)];

    private int _used;

    [Fact]
    public async Task Many_who_add_and_open_under_pressure_always_get_what_they_asked_for()
    {
        int descriptors = CountDescriptors();
        using (ArtifactCache cache = Open(maxBytes: MaxBytes, maxIdleImageBytes: 100 * KiB))
        {
            await Task.WhenAll(Enumerable.Range(0, Workers).Select(seed => Task.Run(() => WorkAsync(cache, new Random(seed)), Token)));

            Assert.Equal(CachedFiles.Count(), cache.Count);
            Assert.Equal(CachedFiles.Sum(name => new FileInfo(PathInCache(name)).Length), cache.Bytes);
            Assert.Empty(TemporaryFiles);
            Assert.True(_used > 0 && cache.Hits > 0 && cache.Evictions > 0, $"{_used} uses, {cache.Hits} hits, {cache.Evictions} evictions");
            await AssertFilesAreWholeAsync();
        }

        Assert.Equal(descriptors, CountDescriptors());
    }

    [Fact]
    public async Task Nothing_stays_open_after_failures()
    {
        int descriptors = CountDescriptors();
        using (ArtifactCache cache = Open(maxBytes: MaxBytes, maxIdleImageBytes: 0))
        {
            for (int round = 0; round < 20; round++)
            {
                await Assert.ThrowsAsync<ArtifactException>(() => cache.AddAsync(new MemoryStream(Contents[1]), Hashes[2], Token));
                await Assert.ThrowsAsync<IOException>(() => cache.AddAsync(new StallingStream(Contents[1], new IOException()), null, Token));
                await AddDamagedAsync(cache);
                Assert.Null(await cache.TryOpenAsync(Hashes[0], Token));
                await Assert.ThrowsAsync<ArtifactException>(() => cache.AddFileAsync("/proc/self/mem", null, Token));
            }
        }

        Assert.Equal(descriptors, CountDescriptors());
    }

    private async Task AddDamagedAsync(ArtifactCache cache)
    {
        string hash = await AddUnusedAsync(cache, Contents[0]);
        await File.WriteAllBytesAsync(PathInCache(hash), [], Token);
    }

    private async Task WorkAsync(ArtifactCache cache, Random random)
    {
        for (int round = 0; round < Rounds; round++)
        {
            int number = random.Next(Contents.Length);
            using ArtifactLease? opened = await cache.TryOpenAsync(Hashes[number], Token);
            using ArtifactLease? lease = opened ?? await TryAddAsync(cache, number);
            if (lease is not null)
            {
                _ = Interlocked.Increment(ref _used);
                Assert.True(Contents[number].AsSpan().SequenceEqual(Read(lease)), "A lease has other bytes than its artifact.");
            }

            Assert.InRange(cache.Bytes, 0, MaxBytes);
        }
    }

    private async Task<ArtifactLease?> TryAddAsync(ArtifactCache cache, int number)
    {
        try
        {
            return await cache.AddAsync(new MemoryStream(Contents[number]), Hashes[number], Token);
        }
        catch (ArtifactException exception) when (exception.Failure == ArtifactFailure.CacheFull)
        {
            return null;
        }
    }

    private async Task AssertFilesAreWholeAsync()
    {
        foreach (string name in CachedFiles)
        {
            Assert.Equal(name, Sha256(await File.ReadAllBytesAsync(PathInCache(name), Token)));
        }
    }

    /// <summary>The descriptors of images, of the cache's files and of what is added.</summary>
    private int CountDescriptors() => new DirectoryInfo("/proc/self/fd").EnumerateFileSystemInfos()
        .Select(descriptor => descriptor.LinkTarget ?? "")
        .Count(target => target.StartsWith("/memfd:artifact", StringComparison.Ordinal)
            || target.StartsWith(CacheDirectory, StringComparison.Ordinal)
            || target.EndsWith("/mem", StringComparison.Ordinal));
}
