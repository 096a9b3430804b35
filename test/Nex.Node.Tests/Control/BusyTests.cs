using System.Text;
using System.Text.Json;
using Nex.Node.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Control;

public sealed class BusyTests(SharedNats nats) : NodeTest(nats)
{
    private const int Bound = 8;
    private const int More = 24;

    /// <summary>Deploys are held by agents that do not start before the test lets them.</summary>
    [Fact]
    public async Task Requests_over_the_bound_are_refused_at_once_and_each_has_exactly_one_answer()
    {
        using var directory = new TempDirectory();
        await using FileStream gate = await NamedPipe.MakeAsync(directory["gate"]);
        string agent = directory.WriteProgram(
            "nex-agent", $"#!/bin/sh\nread line <{directory["gate"]}\nexec {Path.Combine(AppContext.BaseDirectory, "nex-agent")} \"$@\"\n");
        Let(gate, agents: 1);
        NodeUnderTest node = await StartNodeAsync(
            new NodeOptions { MaxConcurrentRequests = Bound }, NodeUnderTest.OptionsOf() with { PoolSize = 1, AgentPath = agent });
        await UploadAsync("silent");
        _ = await Stranger.DeployAsync(node, Stranger.RunRequest(node, "first", "silent"));
        // No inbox of the library, which would tell one answer of each.
        string inbox = $"answers.{node.Id}";
        Milestones<Heard> answers = await Stranger.ListenAsync($"{inbox}.>");

        byte[][] requests = [.. Enumerable.Range(0, Bound + More).Select(_ => Encoding.UTF8.GetBytes(Stranger.RunRequest(node, "more", "silent")))];
        for (int number = 0; number < requests.Length; number++)
        {
            await Stranger.Connection.PublishAsync($"$NEX.DEPLOY.default.{node.Id}", requests[number], replyTo: $"{inbox}.{number}");
        }

        IReadOnlyList<Heard> early = await answers.CountAsync(More);
        Assert.All(early, answer => Assert.Contains($"it works on {Bound} deploy requests", answer.Json.GetProperty("error").GetString(), StringComparison.Ordinal));
        // What is asked otherwise has a bound of its own.
        Assert.Equal(1, (await Stranger.DoAsync($"$NEX.PING.{node.Id}")).GetProperty("running_machines").GetInt32());

        Let(gate, agents: Bound + 2);
        _ = await answers.CountAsync(Bound + More);
        JsonElement info = await Stranger.DoAsync($"$NEX.INFO.default.{node.Id}");
        Heard[] done = [.. answers.Reached.Where(answer => !answer.Json.TryGetProperty("error", out _))];
        Assert.Equal(Bound, done.Length);
        Assert.Equal(Bound + 1, info.GetProperty("machines").GetArrayLength());
        Assert.Equal(Bound + More, answers.Reached.Select(answer => answer.Subject).Distinct().Count());
        Assert.Equal(Bound + More, answers.Reached.Count);

        // There is room again.
        _ = await Stranger.DeployAsync(node, Stranger.RunRequest(node, "last", "silent"));
    }

    private static void Let(FileStream gate, int agents) => gate.Write(Encoding.ASCII.GetBytes(new string('\n', agents)));
}
