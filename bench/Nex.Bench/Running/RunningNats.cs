using NATS.Client.Core;
using Nex.Bench.Harness;
using Nex.Testing.Nats;

namespace Nex.Bench.Running;

/// <summary>A nats-server of its own, and a connection to it.</summary>
internal sealed class RunningNats : IAsyncDisposable
{
    private readonly NatsServer _server;
    private readonly NatsConnection _connection;

    private RunningNats(NatsServer server)
    {
        _server = server;
        _connection = Connect();
    }

    internal string Url => _server.Url;

    internal INatsConnection Connection => _connection;

    /// <exception cref="SkippedException">This host has no nats-server.</exception>
    internal static async Task<RunningNats> StartAsync()
    {
        if (NatsServer.Find() is null)
        {
            throw new SkippedException("nats-server is not installed: apt-get install nats-server");
        }

        var nats = new RunningNats(await NatsServer.StartAsync());
        await nats._connection.ConnectAsync();
        return nats;
    }

    /// <summary>Another connection, as all have it that are compared.</summary>
    internal NatsConnection Connect() => new(NatsOpts.Default with { Url = _server.Url });

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _server.DisposeAsync();
    }
}
