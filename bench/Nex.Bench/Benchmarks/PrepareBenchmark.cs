using System.Diagnostics;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;

namespace Nex.Bench.Benchmarks;

/// <summary>
/// 64 callers who each take an agent of a full pool of 64, released together. Callers are what users have: tasks on the thread pool. Each
/// measures its own call, a wait in line included; how long the last of them took from the release on is told besides.
/// </summary>
internal sealed class PrepareBenchmark : Benchmark
{
    private const string Each = "pool.prepare";
    private const string Burst = "pool.prepare.burst";
    private const int Callers = 64;
    private const int WarmUps = 3;
    internal const string Alone = "nothing barer hands out agents";
    private static readonly DeployRequest Request = new() { Name = "bench" };

    internal override IReadOnlyList<string> Names => [Each, Burst];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        await using RunningPool pool = await RunningPool.StartAsync(context, RunningPool.Options(context, Sandbox.None, Callers));
        int rounds = context.Pick(6, 32, 160);
        var calls = new List<double>();
        var bursts = new List<double>();
        for (int round = -WarmUps; round < rounds; round++)
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            context.Progress.Report(Each, Math.Max(round, 0), rounds);
            long released = Stopwatch.GetTimestamp();
            Call[] taken = await TakeAllAsync(pool.Manager, () => released = Stopwatch.GetTimestamp());
            if (round >= 0)
            {
                calls.AddRange(taken.Select(call => Microseconds(call.Begun, call.Ended)));
                bursts.Add(Microseconds(released, taken.Max(call => call.Ended)));
            }

            await Task.WhenAll(taken.Select(call => pool.Manager.StopProcessAsync(call.Id)));
            await pool.Watch.QuietAsync();
        }

        return
        [
            new Figure
            {
                Name = Each,
                Unit = "µs",
                Samples = new Samples(calls),
                Limits = [new Limit(Measure.P50, 20), new Limit(Measure.P99, 1000)],
                Alone = Alone,
                Note = "each of 64 callers at once, on a full pool of 64",
            },
            new Figure
            {
                Name = Burst,
                Unit = "µs",
                Samples = new Samples(bursts),
                Alone = Alone,
                Note = "from the release of the 64 callers until the last has its agent",
            },
        ];
    }

    private static async Task<Call[]> TakeAllAsync(IProcessManager manager, Action beforeRelease)
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<Call>[] callers = [.. Enumerable.Range(0, Callers).Select(_ => TakeAsync(manager, gate.Task))];
        beforeRelease();
        gate.SetResult();
        return await Task.WhenAll(callers);
    }

    private static async Task<Call> TakeAsync(IProcessManager manager, Task gate)
    {
        await gate;
        long begun = Stopwatch.GetTimestamp();
        string id = await manager.PrepareNextWorkloadAsync(Request);
        return new Call(id, begun, Stopwatch.GetTimestamp());
    }

    private static double Microseconds(long begun, long ended) => Stopwatch.GetElapsedTime(begun, ended).TotalMicroseconds;

    private readonly record struct Call(string Id, long Begun, long Ended);
}
