using Nex.Workloads.Artifacts;

namespace Nex.Workloads.Tests.Artifacts;

/// <summary>What happens while a load is under way.</summary>
public sealed class LoadingTests : ArtifactCacheTest
{
    private readonly byte[] _content = Content(1, KiB);
    private readonly string _hash;

    public LoadingTests()
    {
        _hash = Sha256(_content);
        Directory.CreateDirectory(CacheDirectory);
        File.WriteAllBytes(PathInCache(_hash), Content(2, KiB));
    }

    [Fact]
    public async Task Who_cancels_ends_only_the_own_wait()
    {
        using var gate = new LoadGate();
        using ArtifactCache cache = Open(logger: gate);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task<ArtifactLease?> patient = cache.TryOpenAsync(_hash, Token);
        Task<ArtifactLease?> impatient = cache.TryOpenAsync(_hash, cancel.Token);
        await gate.Reached.WaitAsync(Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        Assert.False(patient.IsCompleted);
        gate.Open();
        Assert.Null(await patient);
    }

    [Fact]
    public async Task A_load_that_nobody_waits_for_goes_on_to_its_end()
    {
        using var gate = new LoadGate();
        using ArtifactCache cache = Open(logger: gate);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task<ArtifactLease?> impatient = cache.TryOpenAsync(_hash, cancel.Token);
        await gate.Reached.WaitAsync(Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);

        Task<ArtifactLease?> next = cache.TryOpenAsync(_hash, Token);
        gate.Open();

        Assert.Null(await next);
        Assert.Empty(CachedFiles);
    }

    [Fact]
    public async Task What_is_added_in_the_middle_of_a_load_takes_its_place()
    {
        using var gate = new LoadGate();
        using ArtifactCache cache = Open(logger: gate);
        Task<ArtifactLease?> opening = cache.TryOpenAsync(_hash, Token);
        await gate.Reached.WaitAsync(Token);

        using ArtifactLease added = await cache.AddAsync(new MemoryStream(_content), cancellationToken: Token);
        gate.Open();
        using ArtifactLease? opened = await opening;

        Assert.Same(added.File.Handle, opened!.File.Handle);
        Assert.Equal(_content, Read(opened));
        Assert.Equal(_content, await File.ReadAllBytesAsync(PathInCache(_hash), Token));
    }

    [Fact]
    public async Task What_is_being_loaded_is_not_evicted()
    {
        using var gate = new LoadGate();
        using ArtifactCache cache = Open(maxBytes: KiB, logger: gate);
        Task<ArtifactLease?> opening = cache.TryOpenAsync(_hash, Token);
        await gate.Reached.WaitAsync(Token);

        var failure = await Assert.ThrowsAsync<ArtifactException>(
            () => cache.AddAsync(new MemoryStream(Content(3, 1)), cancellationToken: Token));

        Assert.Equal(ArtifactFailure.CacheFull, failure.Failure);
        gate.Open();
        Assert.Null(await opening);
    }

    [Fact]
    public async Task A_load_that_outlives_the_cache_leaves_the_directory_alone()
    {
        using var gate = new LoadGate();
        using ArtifactCache cache = Open(logger: gate);
        Task<ArtifactLease?> opening = cache.TryOpenAsync(_hash, Token);
        await gate.Reached.WaitAsync(Token);

        cache.Dispose();
        gate.Open();

        Assert.Null(await opening);
        Assert.Equal([_hash], CachedFiles);
    }
}
