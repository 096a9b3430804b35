using Nex.Cli.Commands.Streams;
using Nex.Cli.Tests.Support;
using Nex.Client;
using Nex.Client.Streams;
using Nex.Control.Connections;
using Nex.Testing.Waiting;

namespace Nex.Cli.Tests.Commands.Streams;

public sealed class ListeningTests : PlayedNodeTest
{
    // What a stream keeps for a reader that is behind.
    private const int Kept = 16_384;

    [Fact]
    public async Task What_came_faster_than_it_was_shown_is_said_to_be_missed()
    {
        var dropped = new Milestones<string>();
        await using NexClient client = await NexClient.ConnectAsync(new NatsSettings { Servers = [Server.Url] }).Within();
        await using SubjectStream<NodeEvent> events = await client.OpenEventsAsync(new EventFilter()).Within();
        client.Connection.MessageDropped += (_, message) =>
        {
            dropped.Add(message.Subject);
            return ValueTask.CompletedTask;
        };
        for (int count = 0; count < Kept + 10; count++)
        {
            await Node.PublishAsync("$NEX.events.system.heartbeat", """{"specversion":"1.0","type":"heartbeat","source":"N1","id":"1","data":{}}""");
        }

        await dropped.CountAsync(10);
        using var enough = new CancellationTokenSource();
        CommandResult result = await InProcess.RunAsync(async run =>
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Listening.ShowAsync(run, events, _ => enough.Cancel(), enough.Token));
            return 0;
        });

        Assert.Equal("nex: 10 messages were missed here: they came faster than they could be shown\n", result.Errors);
    }
}
