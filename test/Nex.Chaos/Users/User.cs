using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Nex.Chaos.Checks;
using Nex.Chaos.World;
using Nex.Control;
using Nex.Control.Claims;
using Nex.Control.Formats;
using Nex.Control.Messages;

namespace Nex.Chaos.Users;

/// <summary>Somebody who deploys, stops, asks and lists without end, and minds nothing that may fail.</summary>
internal sealed class User(ChaosWorld world, string name, AgentWatch agents)
{
    // More than a machine has, whose kernel then ends the program; on the host, no more than it bears.
    private const int HungryInMachine = 512;
    private const int HungryOnHost = 64;

    private readonly (string Kind, string Program, string[] Argv, bool Essential)[] _kinds =
    [
        ("brief", "alone", ["0"], false),
        ("failing", "alone", ["3"], false),
        ("hungry", "hungry", ["memory", $"{(world.Options.IsMachine ? HungryInMachine : HungryOnHost)}"], false),
        ("lasting", "tree", ["polite"], false),
        ("family", "tree", ["children"], false),
        ("talking", "write", ["lines", "2000", "both"], false),
        ("crashing", "alone", ["3"], true),
    ];

    /// <summary>What differs from one message to the next of the same meaning.</summary>
    private static readonly Regex Wording = new(@"'[^']*'|\b[0-9A-Za-z-]*\d[0-9A-Za-z-]*\b|\(.*\)", RegexOptions.Compiled);

    internal async Task RunAsync(Round round, CancellationToken cancellation)
    {
        for (int step = 0; !cancellation.IsCancellationRequested; step++)
        {
            Random dice = Dice.For(world.Options.Seed, name, round, step);
            await (dice.Next(100) switch
            {
                < 35 => DeployAsync(dice),
                < 65 => StopAsync(dice),
                < 75 => AskAsync("pings", ControlSubjects.Ping(world.NodeId)),
                < 85 => InfoAsync(),
                < 95 => NonsenseAsync(dice),
                < 99 => FollowAsync(dice, cancellation),
                _ => dice.Next(20) == 0 && round.MayEndNode ? LameDuckAsync() : Task.CompletedTask,
            });
        }
    }

    private async Task DeployAsync(Random dice)
    {
        var kind = _kinds[dice.Next(_kinds.Length)];
        WorkloadEntry entry = world.Book.Add(kind.Kind, kind.Essential);
        string node = world.NodeId;
        var request = new RunRequest
        {
            Argv = kind.Argv,
            Type = "elf",
            Location = ArtifactLocation.Of(ChaosWorld.Bucket, ChaosWorld.ArtifactOf(kind.Program, dice)),
            Essential = kind.Essential,
            WorkloadJwt = WorkloadClaims.Sign(world.Issuer, entry.Name, hash: null, TimeProvider.System.GetUtcNow()),
            Environment = SealedEnvironment.Seal(
                new Dictionary<string, string> { [ChaosWorld.NameVariable] = $"{world.Marker}/{entry.Name}" }, world.Sender, world.NodeXkey),
            SenderPublicKey = world.Sender.GetPublicKey(),
            TargetNode = node,
        };
        world.Tally.Add(Section.Operations, "deploys");
        byte[]? answer = await world.Requester.AskAsync(
            ControlSubjects.Deploy(ChaosWorld.Namespace, node), JsonSerializer.SerializeToUtf8Bytes(request, ControlJsonContext.Default.RunRequest));
        if (answer is null)
        {
            return;
        }

        try
        {
            world.Book.Answer(entry, Envelope.Open(answer, MessageTypes.Run, ControlJsonContext.Default.RunReply).Id);
        }
        catch (ControlException failure) when (failure.Fault == ControlFault.Refused)
        {
            entry.Answer = DeployAnswer.Refused;
            world.Tally.Add(Section.Refusals, Wording.Replace(failure.Message, "…"));
            agents.Judge(failure.Message, entry.Asked);
            if (failure.Message.Contains("has failed", StringComparison.Ordinal))
            {
                // A node that is short of something says of what.
                world.Tally.Violate($"A deploy failed for a reason that the node had not foreseen: {failure.Message}");
            }
        }
    }

    private async Task StopAsync(Random dice)
    {
        IReadOnlyList<WorkloadEntry> running = world.Book.Running;
        if (running.Count == 0)
        {
            return;
        }

        WorkloadEntry entry = running[(int)(dice.NextDouble() * running.Count)];
        world.Tally.Add(Section.Operations, "stops");
        await world.StopAsync(entry.Id!, entry.Name);
    }

    private async Task InfoAsync()
    {
        world.Tally.Add(Section.Operations, "lists of workloads");
        IReadOnlyList<MachineSummary>? machines = await world.ListAsync();
        if (machines?.DistinctBy(machine => machine.Id).Count() < machines?.Count)
        {
            world.Tally.Violate("A list of workloads has one of them twice.");
        }
    }

    private async Task NonsenseAsync(Random dice)
    {
        byte[] payload = new byte[dice.Next(4096)];
        dice.NextBytes(payload);
        if (dice.Next(2) == 0)
        {
            payload = Encoding.UTF8.GetBytes("{\"type\":\"elf\",\"location\":{},\"argv\":[" + new string('[', dice.Next(2000)));
        }

        string subject = dice.Next(2) == 0
            ? ControlSubjects.Deploy(ChaosWorld.Namespace, world.NodeId)
            : ControlSubjects.Stop(ChaosWorld.Namespace, world.NodeId);
        await AskAsync("nonsense", subject, payload);
    }

    /// <summary>Reads all logs for a moment, and leaves.</summary>
    private async Task FollowAsync(Random dice, CancellationToken cancellation)
    {
        world.Tally.Add(Section.Operations, "followers of logs");
        world.Tally.Add(Section.Answers, "lines that were followed", await world.FollowLogsAsync(TimeSpan.FromMilliseconds(dice.Next(1000)), cancellation));
    }

    private async Task LameDuckAsync()
    {
        await AskAsync("lame ducks", ControlSubjects.LameDuck(world.NodeId));
        _ = world.LameDuck.TrySetResult();
    }

    private async Task AskAsync(string what, string subject, byte[]? payload = null)
    {
        world.Tally.Add(Section.Operations, what);
        _ = await world.Requester.AskAsync(subject, payload ?? []);
    }
}
