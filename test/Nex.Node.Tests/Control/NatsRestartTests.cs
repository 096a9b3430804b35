using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using NATS.Client.Core;
using Nex.Node.Tests.Support;
using Nex.Testing.Nats;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Control;

public sealed class NatsRestartTests
{
    /// <summary>Deploys from many sides while nats-server is killed and started again, twice.</summary>
    [Fact]
    public async Task What_a_node_has_done_is_told_to_who_asked_for_it_whatever_becomes_of_the_server_meanwhile()
    {
        await using NatsServer server = await NatsServer.StartAsync();
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(server, processes: NodeUnderTest.OptionsOf() with { PoolSize = 4 });
        await using var stranger = new Stranger(server);
        await stranger.UploadAsync("tree", File.ReadAllBytes(Testing.Files.TestPrograms.Path("tree")));
        var started = new ConcurrentBag<string>();
        var replies = new Milestones<string>();
        Task load = Task.WhenAll(Enumerable.Range(0, 6).Select(_ => DeployAsync()));

        _ = await replies.CountAsync(6);
        await server.RestartAsync();
        _ = await replies.CountAsync(replies.Reached.Count + 6);
        await server.RestartAsync();
        await load.Within(TimeSpan.FromSeconds(60));

        JsonElement info = await stranger.DoAsync($"$NEX.INFO.load.{node.Id}");
        Assert.Equal(
            started.Order(StringComparer.Ordinal),
            info.GetProperty("machines").EnumerateArray().Select(machine => machine.GetProperty("id").GetString()).Order(StringComparer.Ordinal));

        async Task DeployAsync()
        {
            for (int count = 0; count < 6; count++)
            {
                byte[] request = Encoding.UTF8.GetBytes(stranger.RunRequest(node, "load", "tree", argv: ["polite"]));
                try
                {
                    NatsMsg<byte[]> reply = await stranger.Connection.RequestAsync<byte[], byte[]>(
                        $"$NEX.DEPLOY.load.{node.Id}", request, replyOpts: new NatsSubOpts { Timeout = TimeSpan.FromSeconds(8), ThrowIfNoResponders = true });
                    JsonElement answer = JsonDocument.Parse(reply.Data!).RootElement;
                    if (!answer.TryGetProperty("error", out _))
                    {
                        started.Add(answer.GetProperty("data").GetProperty("id").GetString()!);
                    }
                }
                catch (NatsException)
                {
                    // The request was lost with the server, or came before the node was back: the node has never had it.
                }

                replies.Add("");
            }
        }
    }
}
