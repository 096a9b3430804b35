using System.Diagnostics;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.Client.Artifacts;
using Nex.Control.Messages;

namespace Nex.Bench.Benchmarks;

/// <summary>
/// From the request of a deploy until the client has the answer that its program runs: a program of 6 MB that the node has already, compared to
/// what such a deploy cannot do without, and one that it must fetch first, compared to a fetch of the same bytes and no more. The node is a
/// native program of its own.
/// </summary>
internal sealed class NodeDeployBenchmark : Benchmark
{
    private const string Cached = "node.deploy";
    private const string Keys = "node.deploy.keys";
    private const string First = "node.deploy.first";

    // What the original system needs for it is 175 ms, fetched or not; a fifth of that, where nothing is fetched.
    private static readonly Limit[] CachedLimits = [new(Measure.P50, 35), new(Measure.Ratio, 2.5)];
    private static readonly Limit[] FirstLimits = [new(Measure.P50, 175), new(Measure.Ratio, 3)];

    // A node does not tell when it has come to rest: its agents have been replaced long before.
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(50);

    internal override IReadOnlyList<string> Names => [Cached, Keys, First];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        string program = await context.Programs.GetAsync("pause", "-DPADDING=6291456");
        using var forkExec = new ForkExec(await context.Programs.GetAsync("forkexec"), program);
        await using RunningNats nats = await RunningNats.StartAsync();
        await using NodeProgram node = await NodeProgram.StartAsync(context, nats);
        await using NodeClient client = await NodeClient.ConnectAsync(nats, node.Id);
        CancellationToken cancellation = context.CancellationToken;

        UploadedArtifact kept = await client.UploadAsync(program, Guid.NewGuid());
        var cached = new Series(() => DeployAsync(client, kept, cancellation));
        using var bareDeploy = new BareDeploy(forkExec, client, program);
        var bare = new Series(bareDeploy.MeasureAsync);
        var keys = new Series(() => Task.FromResult(bareDeploy.MeasureKeys()));
        if (context.IsWanted(Cached))
        {
            await Series.InterleaveAsync(context, Cached, context.Pick(40, 150, 600), cached, bare, keys);
        }

        // The same key each time, so that the server does not have to keep them all.
        var first = new Series(async () => await DeployAsync(client, await client.UploadAsync(program, Guid.NewGuid()), cancellation));
        var fetched = new Series(() => FetchAsync(client, program, cancellation));
        await Series.InterleaveAsync(context, First, context.Pick(8, 30, 100), first, fetched);
        return
        [
            .. context.IsWanted(Cached)
                ?
                [
                    ToFigure(Cached, cached, bare, CachedLimits, "a program of 6 MB that the node has; the baseline is the same keys, requests and lookups, and fork and exec of it in C"),
                    new Figure { Name = Keys, Unit = "ms", Samples = keys.Samples, Alone = "it is the library of NATS itself", Note = "of the baseline, what signs, verifies, seals and opens" },
                ]
                : Array.Empty<Figure>(),
            ToFigure(First, first, fetched, FirstLimits, "the same, fetched first; the baseline is a fetch of it from the same object store, and no more"),
        ];
    }

    private static Figure ToFigure(string name, Series measured, Series baseline, IReadOnlyList<Limit> limits, string note) => new()
    {
        Name = name,
        Unit = "ms",
        Samples = measured.Samples,
        Baseline = baseline.Samples,
        Limits = limits,
        Note = note,
    };

    private static async Task<double> DeployAsync(NodeClient client, UploadedArtifact artifact, CancellationToken cancellation)
    {
        await Task.Delay(Rest, cancellation);
        long begun = Stopwatch.GetTimestamp();
        RunReply workload = await client.DeployAsync(artifact, cancellation);
        double taken = Series.Since(begun);
        await client.StopAsync(workload, cancellation);
        return taken;
    }

    private static async Task<double> FetchAsync(NodeClient client, string program, CancellationToken cancellation)
    {
        await Task.Delay(Rest, cancellation);
        long begun = Stopwatch.GetTimestamp();
        await client.FetchAsync(program);
        return Series.Since(begun);
    }
}
