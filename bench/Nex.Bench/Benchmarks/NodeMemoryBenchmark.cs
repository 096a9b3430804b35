using Nex.Bench.Harness;
using Nex.Bench.Running;
using Nex.Client.Artifacts;
using Nex.Control.Messages;

namespace Nex.Bench.Benchmarks;

/// <summary>
/// What the native program <c>nex node up</c> occupies when it is up, and after many deploys of a program of 6 MB, each of which has ended, compared to a
/// bare native program on NATS that has answered as many requests. Agents and the nats-server are not in it.
/// </summary>
internal sealed class NodeMemoryBenchmark : Benchmark
{
    private const string Idle = "node.memory.idle";
    private const string Deployed = "node.memory.deployed";
    private const double OriginalIdle = 32;
    private const double OriginalDeployed = 77;
    private const int RequestsOfDeploy = 2;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    internal override IReadOnlyList<string> Names => [Idle, $"{Idle}.pss", Deployed, $"{Deployed}.pss"];

    internal override async Task<IReadOnlyList<Figure>> RunAsync(BenchContext context)
    {
        string program = await context.Programs.GetAsync("pause", "-DPADDING=6291456");
        int deploys = context.Pick(50, 200, 200);
        int nodes = context.Pick(1, 1, 3);
        Readings idle = new(), deployed = new();
        for (int index = 0; index < nodes; index++)
        {
            await using RunningNats nats = await RunningNats.StartAsync();
            await using NodeProgram node = await NodeProgram.StartAsync(context, nats);
            await using BareNats bare = await BareNats.StartAsync(context, nats, answerBytes: 1024);
            await using NodeClient client = await NodeClient.ConnectAsync(nats, node.Id);
            await idle.TakeAsync(node, bare, context.CancellationToken);
            await DeployAsync(context, client, program, deploys);
            await AskAsync(context, nats, bare, deploys * RequestsOfDeploy);
            await deployed.TakeAsync(node, bare, context.CancellationToken);
        }

        string scale = $"{deploys} deploys";
        return
        [
            .. idle.ToFigures(Idle, OriginalIdle, scale: null, "resident, of the node alone; the baseline is a bare native program on NATS.Net"),
            .. deployed.ToFigures(Deployed, OriginalDeployed, scale, $"resident, after {scale} of a program of 6 MB, each of which has ended; the baseline has answered as many requests"),
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

    private static async Task AskAsync(BenchContext context, RunningNats nats, BareNats bare, int requests)
    {
        for (int count = 0; count < requests; count++)
        {
            _ = await nats.Connection.RequestAsync<byte[], byte[]>(bare.Subject, [], cancellationToken: context.CancellationToken);
        }
    }

    /// <summary>Of nodes and of bare programs, at the same time.</summary>
    private sealed class Readings
    {
        private readonly List<double> _resident = [], _bareResident = [], _proportional = [], _bareProportional = [];

        internal async Task TakeAsync(NodeProgram node, BareNats bare, CancellationToken cancellation)
        {
            // What goes on in them on their own account has gone by then.
            await Task.Delay(Rest, cancellation);
            _resident.Add(ProcessMemory.Resident(node.ProcessId));
            _bareResident.Add(ProcessMemory.Resident(bare.ProcessId));
            _proportional.Add(ProcessMemory.Proportional(node.ProcessId));
            _bareProportional.Add(ProcessMemory.Proportional(bare.ProcessId));
        }

        internal IEnumerable<Figure> ToFigures(string name, double original, string? scale, string note) =>
        [
            new Figure
            {
                Name = name,
                Unit = "MB",
                Samples = new Samples(_resident),
                Baseline = new Samples(_bareResident),
                Limits = [new Limit(Measure.P50, original)],
                Scale = scale,
                Note = note,
            },
            new Figure { Name = $"{name}.pss", Unit = "MB", Samples = new Samples(_proportional), Baseline = new Samples(_bareProportional), Scale = scale },
        ];
    }
}
