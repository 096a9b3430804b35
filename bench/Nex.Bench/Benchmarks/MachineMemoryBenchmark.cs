using Nex.Bench.Harness;
using Nex.Bench.Running;

namespace Nex.Bench.Benchmarks;

/// <summary>What an idle clone occupies on the host.</summary>
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
        await using RunningPool pool = await RunningPool.StartAsync(context, Machines.Clones(context, machines));
        MachineMemory[] memory = [.. Machines.Running().Select(machine => ProcessMemory.OfMachine(machine.ProcessId))];
        return
        [
            ToFigure(Proportional, memory.Select(one => one.Proportional), $"PSS of one of {machines} idle clones: QEMU and the machine in it"),
            ToFigure(Private, memory.Select(one => one.Private), "what that clone alone has"),
            ToFigure(OfTemplate, memory.Select(one => one.OfTemplate), "of its template, unchanged: once in memory for all clones"),
        ];
    }

    private static Figure ToFigure(string name, IEnumerable<double> values, string note) =>
        new() { Name = name, Unit = "MB", Samples = new Samples(values), Note = note };
}
