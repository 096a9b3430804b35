using System.Diagnostics;
using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.ProcessManager.Configuration;
using Nex.Protocol.Workloads;
using Nex.Workloads;

namespace Nex.Bench.Benchmarks;

/// <summary>
/// The deploy of a program of 10 MB into a warm machine, which has to cross the link, compared to the link alone: a bare program sends as many
/// bytes, encoded alike, through the same port to the same agent, which drops them.
/// </summary>
internal sealed class MachineDeployBenchmark : Benchmark
{
    private const string Deploy = "vm.deploy";
    private const string Rate = "vm.deploy.rate";
    private const string Small = "vm.deploy.small";
    private const int Bytes = 10 * 1024 * 1024;
    private const int WarmUps = 1;

    internal override IReadOnlyList<string> Names => [Deploy, Rate, Small];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        string program = await context.Programs.GetAsync("pause", $"-DPADDING={Bytes}");
        string small = await context.Programs.GetAsync("pause");
        await using RunningNode node = await RunningNode.StartAsync(context, Sandbox.Qemu);
        DeployRequest request = await node.AddAsync(program);
        DeployRequest smallRequest = await node.AddAsync(small);
        await node.QuietAsync();
        using var template = MachineTemplate.Of(Machines.TemplateDirectory(context));
        using var machine = BareMachine.Clone(template, Machines.Clones(context, 1).SandboxUserId);
        machine.Welcome();
        var deploys = new Series(() => DeployAsync(node, request));
        var smallDeploys = new Series(() => DeployAsync(node, smallRequest));
        var bare = new Series(() => MeasureLinkAsync(machine));
        await Series.InterleaveAsync(context, Deploy, WarmUps, context.Pick(3, 10, 50), deploys, smallDeploys, bare);
        return
        [
            new Figure
            {
                Name = Deploy,
                Unit = "ms",
                Samples = deploys.Samples,
                Baseline = bare.Samples,
                Note = "10 MB, from the call to the program started; the baseline is as many bytes over the link to an agent that drops them",
            },
            new Figure { Name = Rate, Unit = "MB/s", Samples = ToRate(deploys), Baseline = ToRate(bare) },
            new Figure
            {
                Name = Small,
                Unit = "ms",
                Samples = smallDeploys.Samples,
                Alone = "what a fork and an execution take within the guest cannot be seen from outside",
                Note = $"a program of {new FileInfo(small).Length / 1024:#,0} KiB, to tell the start from the transfer",
            },
        ];
    }

    private static Samples ToRate(Series series) => new(series.Values.Select(milliseconds => Bytes / 1024.0 / 1024 / (milliseconds / 1000)));

    private static async Task<double> DeployAsync(RunningNode node, DeployRequest request)
    {
        long begun = Stopwatch.GetTimestamp();
        await using Workload workload = await node.DeployAsync(request);
        double taken = Series.Since(begun);
        await workload.StopAsync();
        await node.QuietAsync();
        return taken;
    }

    private static Task<double> MeasureLinkAsync(BareMachine machine) => Task.Factory.StartNew(
        () =>
        {
            long begun = Stopwatch.GetTimestamp();
            machine.Flood(Bytes);
            return Series.Since(begun);
        },
        TaskCreationOptions.LongRunning);
}
