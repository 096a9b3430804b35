using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Nex.Chaos.World;
using Nex.Control;
using Nex.Control.Claims;
using Nex.Control.Formats;
using Nex.Control.Messages;

namespace Nex.Chaos.Users;

/// <summary>Somebody who deploys, stops, asks and lists without end, and minds nothing that may fail.</summary>
internal sealed class User(ChaosWorld world, int seed)
{
    private static readonly (string Kind, string Program, string[] Argv, bool Essential)[] Kinds =
    [
        ("brief", "exit", ["0"], false),
        ("failing", "exit", ["3"], false),
        ("lasting", "tree", ["polite"], false),
        ("family", "tree", ["children"], false),
        ("talking", "write", ["lines", "2000", "both"], false),
        ("crashing", "exit", ["3"], true),
    ];

    /// <summary>What differs from one message to the next of the same meaning.</summary>
    private static readonly Regex Wording = new(@"'[^']*'|\b[0-9A-Za-z-]*\d[0-9A-Za-z-]*\b|\(.*\)", RegexOptions.Compiled);

    private readonly Random _random = new(seed);

    internal async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            await (_random.Next(100) switch
            {
                < 35 => DeployAsync(),
                < 65 => StopAsync(),
                < 75 => AskAsync("pings", ControlSubjects.Ping(world.NodeId)),
                < 85 => InfoAsync(),
                < 95 => NonsenseAsync(),
                < 99 => FollowAsync(cancellation),
                _ => _random.Next(20) == 0 ? LameDuckAsync() : Task.CompletedTask,
            });
        }
    }

    private async Task DeployAsync()
    {
        var kind = Kinds[_random.Next(Kinds.Length)];
        WorkloadEntry entry = world.Book.Add(kind.Kind, kind.Essential);
        string node = world.NodeId;
        var request = new RunRequest
        {
            Argv = kind.Argv,
            Type = "elf",
            Location = ArtifactLocation.Of(ChaosWorld.Bucket, ChaosWorld.ArtifactOf(kind.Program, _random)),
            Essential = kind.Essential,
            WorkloadJwt = WorkloadClaims.Sign(world.Issuer, entry.Name, hash: null, TimeProvider.System.GetUtcNow()),
            Environment = SealedEnvironment.Seal(
                new Dictionary<string, string> { [ChaosWorld.NameVariable] = $"{world.Marker}/{entry.Name}" }, world.Sender, world.NodeXkey),
            SenderPublicKey = world.Sender.GetPublicKey(),
            TargetNode = node,
        };
        world.Tally.AddOperation("deploys");
        byte[]? answer = await world.Requester.AskAsync(
            ControlSubjects.Deploy(ChaosWorld.Namespace, node), JsonSerializer.SerializeToUtf8Bytes(request, ControlJsonContext.Default.RunRequest));
        if (answer is null)
        {
            return;
        }

        try
        {
            entry.Id = Envelope.Open(answer, MessageTypes.Run, ControlJsonContext.Default.RunReply).Id;
        }
        catch (ControlException failure) when (failure.Fault == ControlFault.Refused)
        {
            world.Tally.Add($"refused: {Wording.Replace(failure.Message, "…")}");
            if (failure.Message.Contains("has failed", StringComparison.Ordinal))
            {
                // A node that is short of something says of what.
                world.Tally.Violate($"A deploy failed for a reason that the node had not foreseen: {failure.Message}");
            }

        }

        entry.IsAnswered = true;
    }

    private async Task StopAsync()
    {
        IReadOnlyList<WorkloadEntry> running = world.Book.Running;
        if (running.Count == 0)
        {
            return;
        }

        WorkloadEntry entry = running[_random.Next(running.Count)];
        world.Tally.AddOperation("stops");
        await world.StopAsync(entry.Id!, entry.Name);
    }

    private async Task InfoAsync()
    {
        world.Tally.AddOperation("lists of workloads");
        IReadOnlyList<MachineSummary>? machines = await world.ListAsync();
        if (machines?.DistinctBy(machine => machine.Id).Count() < machines?.Count)
        {
            world.Tally.Violate("A list of workloads has one of them twice.");
        }
    }

    private async Task NonsenseAsync()
    {
        byte[] payload = new byte[_random.Next(4096)];
        _random.NextBytes(payload);
        if (_random.Next(2) == 0)
        {
            payload = Encoding.UTF8.GetBytes("{\"type\":\"elf\",\"location\":{},\"argv\":[" + new string('[', _random.Next(2000)));
        }

        string subject = _random.Next(2) == 0
            ? ControlSubjects.Deploy(ChaosWorld.Namespace, world.NodeId)
            : ControlSubjects.Stop(ChaosWorld.Namespace, world.NodeId);
        await AskAsync("nonsense", subject, payload);
    }

    /// <summary>Reads all logs for a moment, and leaves.</summary>
    private async Task FollowAsync(CancellationToken cancellation)
    {
        world.Tally.AddOperation("followers of logs");
        world.Tally.Add("lines that were followed", await world.FollowLogsAsync(TimeSpan.FromMilliseconds(_random.Next(1000)), cancellation));
    }

    private async Task LameDuckAsync()
    {
        if (world.MayRestartNode)
        {
            await AskAsync("lame ducks", ControlSubjects.LameDuck(world.NodeId));
            _ = world.LameDuck.TrySetResult();
        }
    }

    private async Task AskAsync(string what, string subject, byte[]? payload = null)
    {
        world.Tally.AddOperation(what);
        _ = await world.Requester.AskAsync(subject, payload ?? []);
    }
}
