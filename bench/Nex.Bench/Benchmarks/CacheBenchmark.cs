using System.Diagnostics;
using Nex.Bench.Harness;
using Nex.Workloads.Artifacts;

namespace Nex.Bench.Benchmarks;

/// <summary>The opening of a cached artifact of 6 MB that is in memory, compared to one that has to be loaded and verified.</summary>
internal sealed class CacheBenchmark : Benchmark
{
    private const string Name = "cache.open";
    private const int Bytes = 6 * 1024 * 1024;

    internal override IReadOnlyList<string> Names => [Name];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        byte[] content = new byte[Bytes];
        new Random(1).NextBytes(content);
        using var cache = new ArtifactCache(new ArtifactCacheOptions { Directory = context.Workspace.NewPath("cache") });
        using var forgetful = new ArtifactCache(new ArtifactCacheOptions { Directory = context.Workspace.NewPath("cache"), MaxIdleImageBytes = 0 });
        string sha256 = await AddAsync(cache, content);
        await AddAsync(forgetful, content);
        var opened = new Series(() => MeasureAsync(cache, sha256));
        var loaded = new Series(() => MeasureAsync(forgetful, sha256));
        await Series.InterleaveAsync(context, Name, context.Pick(40, 100, 400), opened, loaded);
        return
        [
            new Figure
            {
                Name = Name,
                Unit = "µs",
                Samples = opened.Samples,
                Baseline = loaded.Samples,
                Note = "an idle image of 6 MB; the baseline is loading and verifying it from disk",
            },
        ];
    }

    private static async Task<string> AddAsync(ArtifactCache cache, byte[] content)
    {
        using var stream = new MemoryStream(content);
        using ArtifactLease lease = await cache.AddAsync(stream);
        return lease.Sha256;
    }

    private static async Task<double> MeasureAsync(ArtifactCache cache, string sha256)
    {
        long begun = Stopwatch.GetTimestamp();
        using ArtifactLease? lease = await cache.TryOpenAsync(sha256);
        return Stopwatch.GetElapsedTime(begun).TotalMicroseconds;
    }
}
