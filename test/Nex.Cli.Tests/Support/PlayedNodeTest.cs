using Nex.Testing.Nats;

namespace Nex.Cli.Tests.Support;

/// <summary>A user of `nex`, a nats-server, and a node that the test plays.</summary>
public abstract class PlayedNodeTest : IAsyncLifetime
{
    /// <summary>A program that could be run.</summary>
    private protected const string BusyBox = "/bin/busybox";

    private NatsServer? _server;
    private PlayedNode? _node;
    private NexHome? _home;

    internal NatsServer Server => _server!;

    private protected PlayedNode Node => _node!;

    private protected NexHome Home => _home!;

    public async ValueTask InitializeAsync()
    {
        _server = await NatsServer.StartAsync();
        _node = await PlayedNode.StartAsync(Server.Url);
        _home = new NexHome(Server.Url);
    }

    public async ValueTask DisposeAsync()
    {
        Home.Dispose();
        await Node.DisposeAsync();
        await Server.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
