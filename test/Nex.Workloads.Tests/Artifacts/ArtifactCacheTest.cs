using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Nex.Workloads.Artifacts;

namespace Nex.Workloads.Tests.Artifacts;

/// <summary>What tests of the cache share: a directory that is removed afterwards, and contents that are told apart by a number.</summary>
public abstract class ArtifactCacheTest : IDisposable
{
    protected const int KiB = 1024;

    private readonly string _root = Directory.CreateTempSubdirectory("nex-artifacts-").FullName;

    protected ArtifactCacheTest() => CacheDirectory = Path.Combine(_root, "cache");

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected string CacheDirectory { get; }

    protected FakeTimeProvider Time { get; } = new();

    protected IEnumerable<string> CachedFiles => Files.Where(name => name.Length == 64);

    protected IEnumerable<string> TemporaryFiles => Files.Where(name => name.StartsWith(".temporary-", StringComparison.Ordinal));

    private IEnumerable<string> Files => new DirectoryInfo(CacheDirectory).EnumerateFiles().Select(file => file.Name);

    public void Dispose()
    {
        Directory.Delete(_root, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected ArtifactCache Open(
        long maxBytes = 1024 * KiB, long maxArtifactBytes = 512 * KiB, long maxIdleImageBytes = 64 * KiB, ILogger<ArtifactCache>? logger = null) =>
        new(
            new ArtifactCacheOptions
            {
                Directory = CacheDirectory,
                MaxBytes = maxBytes,
                MaxArtifactBytes = maxArtifactBytes,
                MaxIdleImageBytes = maxIdleImageBytes,
            },
            logger,
            Time);

    /// <summary>Adds a content, later than the one before, and does not use it.</summary>
    protected async Task<string> AddUnusedAsync(ArtifactCache cache, byte[] content)
    {
        Time.Advance(TimeSpan.FromSeconds(1));
        using ArtifactLease lease = await cache.AddAsync(new MemoryStream(content), cancellationToken: Token);
        return lease.Sha256;
    }

    protected static byte[] Content(int number, int size)
    {
        byte[] content = new byte[size];
        new Random(number).NextBytes(content);
        return content;
    }

    protected static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    protected static byte[] Read(ArtifactLease lease)
    {
        byte[] content = new byte[lease.Size];
        Assert.Equal(content.Length, RandomAccess.Read(lease.File.Handle, content, 0));
        Assert.Equal(content.Length, RandomAccess.GetLength(lease.File.Handle));
        return content;
    }

    /// <summary>A path beside the cache's directory.</summary>
    protected string PathBeside(string name) => Path.Combine(_root, name);

    protected string PathInCache(string name) => Path.Combine(CacheDirectory, name);
}
