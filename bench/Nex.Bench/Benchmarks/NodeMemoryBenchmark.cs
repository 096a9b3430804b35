using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.Client.Artifacts;
using Nex.Control.Messages;

namespace Nex.Bench.Benchmarks;

/// <summary>
/// What the native program <c>nex node up</c> occupies when it is up, and after many deploys of a program of 6 MB, each of which has ended. Its
/// agents and the nats-server are not in it.
/// </summary>
internal sealed class NodeMemoryBenchmark : Benchmark
{
    private const string Idle = "node.memory.idle";
    private const string Deployed = "node.memory.deployed";
    private const double OriginalIdle = 32;
    private const double OriginalDeployed = 77;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    internal override IReadOnlyList<string> Names => [Idle, $"{Idle}.pss", Deployed, $"{Deployed}.pss"];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        string program = await context.Programs.GetAsync("pause", "-DPADDING=6291456");
        int deploys = context.Pick(50, 200, 200);
        int nodes = context.Pick(1, 1, 3);
        List<double> idle = [], idleProportional = [], deployed = [], deployedProportional = [];
        for (int index = 0; index < nodes; index++)
        {
            await using RunningNats nats = await RunningNats.StartAsync();
            await using NodeProgram node = await NodeProgram.StartAsync(context, nats);
            await using NodeClient client = await NodeClient.ConnectAsync(nats, node.Id);
            await ReadAsync(node, idle, idleProportional, context.CancellationToken);
            await DeployAsync(context, client, program, deploys);
            await ReadAsync(node, deployed, deployedProportional, context.CancellationToken);
        }

        return
        [
            ToFigure(Idle, idle, "resident, of the node alone", new Limit(Measure.P50, OriginalIdle)),
            ToFigure($"{Idle}.pss", idleProportional, note: null),
            ToFigure(Deployed, deployed, $"resident, after {deploys} deploys of a program of 6 MB, each of which has ended", new Limit(Measure.P50, OriginalDeployed)),
            ToFigure($"{Deployed}.pss", deployedProportional, note: null),
        ];
    }

    private static async Task DeployAsync(BenchContext context, NodeClient client, string program, int deploys)
    {
        UploadedArtifact artifact = await client.UploadAsync(program, Guid.NewGuid());
        for (int count = 0; count < deploys; count++)
        {
            context.Progress.Report(Deployed, count, deploys);
            RunReply workload = await client.DeployAsync(artifact, context.CancellationToken);
            await client.StopAsync(workload, context.CancellationToken);
        }
    }

    private static async Task ReadAsync(NodeProgram node, List<double> resident, List<double> proportional, CancellationToken cancellation)
    {
        // What goes on in it on its own account has gone by then.
        await Task.Delay(Rest, cancellation);
        resident.Add(ProcessMemory.Resident(node.ProcessId));
        proportional.Add(ProcessMemory.Proportional(node.ProcessId));
    }

    private static Figure ToFigure(string name, IEnumerable<double> values, string? note, params IReadOnlyList<Limit> limits) =>
        new() { Name = name, Unit = "MB", Samples = new Samples(values), Note = note, Limits = limits };
}
