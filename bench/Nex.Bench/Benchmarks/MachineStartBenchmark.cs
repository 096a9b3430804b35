using System.Diagnostics;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;

namespace Nex.Bench.Benchmarks;

/// <summary>
/// The start of one machine, booted and cloned, by turns; the clone is compared to that of the same machine by a bare program. And the stop of
/// a clone, from the call until its process has ended and all of it is removed, compared to a kill of the bare one.
/// </summary>
internal sealed class MachineStartBenchmark : Benchmark
{
    private const string Boot = "vm.boot";
    private const string Clone = "vm.clone";
    private const string OfBoot = "vm.clone.boot";
    private const string Stop = "vm.stop";
    private const int WarmUps = 1;

    internal override IReadOnlyList<string> Names => [Boot, Clone, OfBoot, Stop];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        ProcessManagerOptions options = Machines.Clones(context, size: 1) with { MaxConcurrentStarts = 1 };
        using var times = new StartTimes();
        await using RunningPool clones = await RunningPool.StartAsync(context, options);
        using var template = MachineTemplate.Of(Machines.TemplateDirectory(context));
        await using RunningPool boots = await RunningPool.StartAsync(context, options with { MicroVm = options.MicroVm with { UseTemplates = false } });
        List<double> stops = [], bareStops = [];
        var ofBoots = new Series(() => MeasureAsync(boots, times, []));
        var ofClones = new Series(() => MeasureAsync(clones, times, stops));
        var bare = new Series(() => MeasureBareAsync(template, options.SandboxUserId, bareStops));
        int rounds = context.Pick(2, 10, 30);
        await Series.InterleaveAsync(context, Boot, WarmUps, rounds, ofBoots, ofClones, bare);
        return
        [
            new Figure { Name = Boot, Unit = "ms", Samples = ofBoots.Samples, Alone = "vm.clone.boot compares it", Note = $"from launch to warm, {template.Acceleration}" },
            new Figure
            {
                Name = Clone,
                Unit = "ms",
                Samples = ofClones.Samples,
                Baseline = bare.Samples,
                Limits = [new Limit(Measure.Ratio, 1.5)],
                Note = "from launch to warm; the baseline is the same clone by a bare program, up to the first that its agent says",
            },
            new Figure
            {
                Name = OfBoot,
                Unit = "ms",
                Samples = ofClones.Samples,
                Baseline = ofBoots.Samples,
                Limits = [new Limit(Measure.Ratio, 0.125)],
                Note = "the same clone, compared to the boot",
            },
            new Figure
            {
                Name = Stop,
                Unit = "ms",
                Samples = new Samples(stops.TakeLast(rounds)),
                Baseline = new Samples(bareStops.TakeLast(rounds)),
                Note = "a clone without a workload, asked to end, from the call until nothing of it is left; the baseline is a kill of the bare one",
            },
        ];
    }

    /// <summary>Takes the warm machine, so that another is started while nothing else happens; and only then ends the one that was taken.</summary>
    private static async Task<double> MeasureAsync(RunningPool pool, StartTimes times, List<double> stops)
    {
        string taken = await pool.Manager.PrepareNextWorkloadAsync(new DeployRequest { Name = "bench" });
        await pool.Watch.FullAsync();
        double started = times.Last;
        long begun = Stopwatch.GetTimestamp();
        await pool.Manager.StopProcessAsync(taken);
        stops.Add(Series.Since(begun));
        await pool.Watch.QuietAsync();
        return started;
    }

    /// <summary>It blocks, as a bare program may: not on a thread that others need.</summary>
    private static Task<double> MeasureBareAsync(MachineTemplate template, uint userId, List<double> stops) => Task.Factory.StartNew(
        () =>
        {
            long begun = Stopwatch.GetTimestamp();
            var machine = BareMachine.Clone(template, userId);
            double started = Series.Since(begun);
            begun = Stopwatch.GetTimestamp();
            machine.Dispose();
            stops.Add(Series.Since(begun));
            return started;
        },
        TaskCreationOptions.LongRunning);
}
