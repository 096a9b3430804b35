using System.Runtime.InteropServices;
using Nex.Bench.Benchmarks;
using Nex.Bench.Harness;

Benchmark[] benchmarks =
[
    new MemoryBenchmark(), new StartBenchmark(), new FillBenchmark(), new PrepareBenchmark(), new DeployBenchmark(), new FirstLineBenchmark(),
    new StopTreeBenchmark(), new StopPoolBenchmark(), new RefillBenchmark(), new BurstBenchmark(), new DensityBenchmark(), new IdleBenchmark(), new LogsBenchmark(), new CacheBenchmark(),
    new NodePingBenchmark(), new NodeDeployBenchmark(), new NodeMemoryBenchmark(), new NodeLogsBenchmark(), new CommandStartBenchmark(),
    new MachineStartBenchmark(), new MachineMemoryBenchmark(), new MachineDeployBenchmark(), new MachinePoolBenchmark(),
];

if (!BenchOptions.TryParse(args, [.. benchmarks.SelectMany(benchmark => benchmark.Names)], out BenchOptions options, out string? fault))
{
    Console.Error.WriteLine(fault);
    Console.Error.WriteLine(BenchOptions.Usage);
    return 2;
}

if (options.Help)
{
    Console.WriteLine(BenchOptions.Usage);
    return 0;
}

using var interruption = new CancellationTokenSource();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
return await new BenchRun(options, benchmarks).RunAsync(interruption.Token);

void Interrupt(PosixSignalContext signal)
{
    // The run ends what it has started before it ends itself.
    signal.Cancel = true;
    interruption.Cancel();
}
