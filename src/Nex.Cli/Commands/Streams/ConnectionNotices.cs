using NATS.Client.Core;
using Nex.Client;

namespace Nex.Cli.Commands.Streams;

/// <summary>Says on standard error when the connection is lost, and when it is there again: what is told meanwhile is missed.</summary>
internal sealed class ConnectionNotices : IDisposable
{
    private readonly CommandRun _run;
    private readonly INatsConnection _connection;

    internal ConnectionNotices(CommandRun run, NexClient client)
    {
        _run = run;
        _connection = client.Connection;
        _connection.ConnectionDisconnected += LostAsync;
        _connection.ConnectionOpened += RegainedAsync;
    }

    public void Dispose()
    {
        _connection.ConnectionDisconnected -= LostAsync;
        _connection.ConnectionOpened -= RegainedAsync;
    }

    private ValueTask LostAsync(object? sender, NatsEventArgs told)
    {
        _run.Say("the connection to NATS is lost: what is told until it is back is missed");
        return ValueTask.CompletedTask;
    }

    private ValueTask RegainedAsync(object? sender, NatsEventArgs told)
    {
        _run.Say("connected to NATS again");
        return ValueTask.CompletedTask;
    }
}
