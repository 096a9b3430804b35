using NATS.Client.Core;
using Nex.Client.Streams;
using Nex.Client.Tests.Support;
using Nex.Control.Connections;
using Nex.Testing.Files;
using Nex.Testing.Nats;
using Nex.Testing.Waiting;

namespace Nex.Client.Tests.Streams;

public sealed class ReconnectTests : IDisposable
{
    private const int Hangup = 1;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_server_that_refuses_the_user_for_a_while_does_not_end_the_streams()
    {
        Configure("right");
        await using NatsServer server = await NatsServer.StartAsync("-c", _directory["server.conf"]);
        await using NexClient client = await NexClient.ConnectAsync(Settings(server, "me")).Within();
        await using SubjectStream<NodeEvent> events = await client.OpenEventsAsync(new EventFilter()).Within();
        var back = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        client.Connection.ConnectionOpened += (_, _) =>
        {
            back.TrySetResult();
            return ValueTask.CompletedTask;
        };

        await ReloadAsync(server, "wrong", reloads: 1);
        await server.Program.Lines.CountAsync(line => line.Contains("authentication error", StringComparison.Ordinal), 3);
        await ReloadAsync(server, "right", reloads: 2);
        await back.Task.Within();
        await client.Connection.PingAsync(TestContext.Current.CancellationToken);

        (string subject, string payload) = Recording.Published("$NEX.events")[0];
        await using var stranger = new NatsConnection(Settings(server, "other").ToOptions());
        await stranger.PublishAsync(subject, payload, cancellationToken: TestContext.Current.CancellationToken);
        await using var reader = events.GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await reader.MoveNextAsync().Within());
    }

    private static NatsSettings Settings(NatsServer server, string user) => new() { Servers = [server.Url], User = user, Password = "right" };

    private void Configure(string password) => File.WriteAllText(
        _directory["server.conf"], $"authorization {{ users = [ {{ user: me, password: {password} }}, {{ user: other, password: right }} ] }}");

    private async Task ReloadAsync(NatsServer server, string password, int reloads)
    {
        Configure(password);
        Assert.True(server.Program.Signal(Hangup));
        await server.Program.Lines.CountAsync(line => line.Contains("Reloaded server configuration", StringComparison.Ordinal), reloads);
    }
}
