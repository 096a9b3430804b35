using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager.Configuration;

namespace Nex.Bench.Benchmarks;

/// <summary>What an idle clone occupies on the host, compared to one of as many bare clones.</summary>
internal sealed class MachineMemoryBenchmark : Benchmark
{
    private const string Proportional = "vm.memory";
    private const string Private = "vm.memory.private";
    private const string OfTemplate = "vm.memory.template";

    internal override IReadOnlyList<string> Names => [Proportional, Private, OfTemplate];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        int machines = context.Pick(4, 10, 20);
        context.Progress.Report(Proportional, 0, machines);
        ProcessManagerOptions options = Machines.Clones(context, machines);
        await using RunningPool pool = await RunningPool.StartAsync(context, options);
        MachineMemory[] memory = [.. Machines.Running().Select(machine => ProcessMemory.OfMachine(machine.ProcessId))];
        using var template = MachineTemplate.Of(Machines.TemplateDirectory(context));
        using BareMachines bare = await BareMachines.StartAsync(template, options.SandboxUserId, machines, options.MaxConcurrentStarts);
        IReadOnlyList<MachineMemory> bareMemory = bare.Memory;
        return
        [
            ToFigure(Proportional, one => one.Proportional, $"PSS of one of {machines} idle clones: QEMU and the machine in it; the baseline is one of {machines} clones by a bare program"),
            ToFigure(Private, one => one.Private, "what that clone alone has"),
            ToFigure(OfTemplate, one => one.OfTemplate, "of its template, unchanged: once in memory for all clones"),
        ];

        Figure ToFigure(string name, Func<MachineMemory, double> value, string note) => new()
        {
            Name = name,
            Unit = "MB",
            Samples = new Samples(memory.Select(value)),
            Baseline = new Samples(bareMemory.Select(value)),
            Scale = $"{machines} machines",
            Note = note,
        };
    }
}
