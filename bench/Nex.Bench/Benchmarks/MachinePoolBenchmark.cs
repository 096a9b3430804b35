using System.Diagnostics;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.Linux.Processes;
using Nex.ProcessManager.Configuration;

namespace Nex.Bench.Benchmarks;

/// <summary>
/// Many clones alive at once: how soon they are up, what they occupy together, how soon they are gone, and that nothing is left; compared to as many bare clones.
/// </summary>
internal sealed class MachinePoolBenchmark : Benchmark
{
    private const string Fill = "vm.pool.fill";
    private const string Memory = "vm.pool.memory";
    private const string Stop = "vm.pool.stop";

    internal override IReadOnlyList<string> Names => [Fill, Memory, Stop];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        int machines = context.Pick(10, 50, 50);
        context.Progress.Report(Fill, 0, machines);
        using MachineTemplate template = await MakeTemplateAsync(context);
        int descriptors = OpenDescriptors();
        double available = ProcessMemory.Available();
        ProcessManagerOptions options = Machines.Clones(context, machines);
        long begun = Stopwatch.GetTimestamp();
        await using RunningPool pool = await RunningPool.StartAsync(context, options);
        double filled = Series.Since(begun);
        IReadOnlyList<ProcessIdentity> running = Machines.Running();
        double together = running.Sum(machine => ProcessMemory.OfMachine(machine.ProcessId).Proportional);
        double taken = available - ProcessMemory.Available();
        begun = Stopwatch.GetTimestamp();
        await pool.Manager.StopAsync();
        double stopped = Series.Since(begun);
        CheckLeftovers(options, running, descriptors);
        double kept = available - ProcessMemory.Available();
        using BareMachines bare = await BareMachines.StartAsync(template, options.SandboxUserId, machines, options.MaxConcurrentStarts);
        double bareTogether = bare.Memory.Sum(machine => machine.Proportional);
        return
        [
            ToFigure(Fill, "ms", filled, bare.Filled, $"{running.Count} clones alive at once, from nothing but a template on disk; the baseline is as many by a bare program, {options.MaxConcurrentStarts} at a time"),
            ToFigure(Memory, "MB", together, bareTogether, $"their PSS; the host had {taken:#,0} MB less available while they were up, and {kept:#,0} MB less when they were gone"),
            ToFigure(Stop, "ms", stopped, bare.Stop(), "afterwards there was no process, no directory and no open descriptor of theirs; bare ones are killed"),
        ];

        Figure ToFigure(string name, string unit, double value, double baseline, string note) => new()
        {
            Name = name,
            Unit = unit,
            Samples = new Samples([value]),
            Baseline = new Samples([baseline]),
            Scale = $"{machines} machines",
            Note = note,
        };
    }

    private static async Task<MachineTemplate> MakeTemplateAsync(BenchContext context)
    {
        await using RunningPool first = await RunningPool.StartAsync(context, Machines.Clones(context, 1));
        return MachineTemplate.Of(Machines.TemplateDirectory(context));
    }

    private static void CheckLeftovers(ProcessManagerOptions options, IReadOnlyList<ProcessIdentity> machines, int descriptors)
    {
        string[] left =
        [
            .. machines.Where(machine => machine.IsAlive).Select(machine => $"process {machine.ProcessId}"),
            .. Directory.EnumerateFileSystemEntries(options.RunDirectory),
        ];
        int open = OpenDescriptors();
        if (machines.Count < options.PoolSize || left.Length > 0 || open > descriptors)
        {
            throw new InvalidOperationException(
                $"Of {machines.Count} machines there is left: {string.Join(", ", left)}; {open} descriptors are open, and {descriptors} were before.");
        }
    }

    /// <summary>Those that machines have: sockets, memory and processes.</summary>
    private static int OpenDescriptors() => Directory.EnumerateFileSystemEntries("/proc/self/fd")
        .Select(descriptor => new FileInfo(descriptor).LinkTarget ?? "")
        .Count(target => target.StartsWith("socket:", StringComparison.Ordinal) || target.StartsWith("/memfd:", StringComparison.Ordinal) || target.EndsWith("[pidfd]", StringComparison.Ordinal));
}
