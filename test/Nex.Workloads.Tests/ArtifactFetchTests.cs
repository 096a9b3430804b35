using System.Security.Cryptography;
using Nex.Testing.Files;
using Nex.Testing.Waiting;
using Nex.Workloads.Artifacts;

namespace Nex.Workloads.Tests;

public sealed class ArtifactFetchTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly ArtifactCache _cache;
    private readonly byte[] _content = RandomNumberGenerator.GetBytes(1_000_000);
    private int _fetches;

    public ArtifactFetchTests() => _cache = new ArtifactCache(new ArtifactCacheOptions { Directory = _directory["cache"], MaxArtifactBytes = 2_000_000 });

    private string Sha256 => Convert.ToHexStringLower(SHA256.HashData(_content));

    [Fact]
    public async Task What_the_cache_has_is_not_fetched_but_by_those_who_must_show_that_they_can()
    {
        (await ArtifactSource.Fetch(WriteAsync).OpenAsync(_cache, Sha256, CancellationToken.None).Within()).Dispose();
        (await ArtifactSource.Fetch(WriteAsync).OpenAsync(_cache, Sha256, CancellationToken.None).Within()).Dispose();
        Assert.Equal(1, _fetches);
        using ArtifactLease lease = await ArtifactSource.Fetch(WriteAsync, "name", useCache: false).OpenAsync(_cache, Sha256, CancellationToken.None).Within();
        Assert.Equal((2, Sha256, 1_000_000L, 1), (_fetches, lease.Sha256, lease.Size, _cache.Count));
    }

    [Fact]
    public async Task What_goes_wrong_with_a_fetch_is_passed_on_and_nothing_is_left()
    {
        var broken = ArtifactSource.Fetch(async (stream, token) =>
        {
            await stream.WriteAsync(_content, token);
            throw new InvalidDataException("broken");
        });
        InvalidDataException failure = await Assert.ThrowsAsync<InvalidDataException>(() => broken.OpenAsync(_cache, null, CancellationToken.None)).Within();
        Assert.Equal("broken", failure.Message);
        Assert.Equal((0, 0L), (_cache.Count, _cache.Bytes));
    }

    [Fact]
    public async Task A_fetch_without_an_end_is_ended_by_the_bound_of_the_cache_and_by_who_waits()
    {
        var endless = ArtifactSource.Fetch(async (stream, token) =>
        {
            while (true)
            {
                token.ThrowIfCancellationRequested();
                await stream.WriteAsync(_content, token);
            }
        });
        ArtifactException tooLarge = await Assert.ThrowsAsync<ArtifactException>(() => endless.OpenAsync(_cache, null, CancellationToken.None)).Within();
        Assert.Equal(ArtifactFailure.TooLarge, tooLarge.Failure);

        using var cancelled = new CancellationTokenSource();
        var silent = ArtifactSource.Fetch(async (_, token) =>
        {
            await cancelled.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        });
        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => silent.OpenAsync(_cache, null, cancelled.Token)).Within();
    }

    public void Dispose()
    {
        _cache.Dispose();
        _directory.Dispose();
    }

    private async Task WriteAsync(Stream stream, CancellationToken cancellationToken)
    {
        _fetches++;
        await stream.WriteAsync(_content, cancellationToken);
    }
}
