using System.Text;
using NATS.Client.Core;
using NATS.NKeys;
using Nex.Testing.Waiting;

namespace Nex.Cli.Tests.Support;

/// <summary>A node that the test plays: it says by itself that it is there, and the test answers whatever else it is asked.</summary>
internal sealed class PlayedNode : IAsyncDisposable
{
    private readonly NatsConnection _connection;
    private readonly List<INatsSub<byte[]>> _subscriptions = [];

    private PlayedNode(string server)
    {
        using KeyPair id = KeyPair.CreatePair(PrefixByte.Server);
        using KeyPair xkey = KeyPair.CreatePair(PrefixByte.Curve);
        (Id, Xkey) = (id.GetPublicKey(), xkey.GetPublicKey());
        _connection = new NatsConnection(NatsOpts.Default with { Url = server });
    }

    internal string Id { get; }

    internal string Xkey { get; }

    /// <summary>The deploys and the stops that it was asked for.</summary>
    internal Milestones<NatsMsg<byte[]>> Deploys { get; } = new();

    internal Milestones<NatsMsg<byte[]>> Stops { get; } = new();

    internal static async Task<PlayedNode> StartAsync(string server)
    {
        var node = new PlayedNode(server);
        string ping = $$"""{"node_id":"{{node.Id}}","version":"1","uptime":"1s","target_xkey":"{{node.Xkey}}","running_machines":0}""";
        string info = $$"""{"version":"1","uptime":"1s","public_xkey":"{{node.Xkey}}","machines":[]}""";
        await node.AnswerAsync("$NEX.PING", "ping", ping);
        await node.AnswerAsync($"$NEX.PING.{node.Id}", "ping", ping);
        await node.AnswerAsync($"$NEX.INFO.default.{node.Id}", "info", info);
        await node.ListenAsync($"$NEX.DEPLOY.*.{node.Id}", node.Deploys.Add);
        await node.ListenAsync($"$NEX.STOP.*.{node.Id}", node.Stops.Add);
        return node;
    }

    /// <summary>Answers each request on a subject with the same.</summary>
    internal Task AnswerAsync(string subject, string type, string data) => ListenAsync(subject, request => _ = ReplyAsync(request, type, data));

    internal static async Task ReplyAsync(NatsMsg<byte[]> request, string type, string data) =>
        await request.ReplyAsync(Encoding.UTF8.GetBytes($$"""{"type":"io.nats.nex.v1.{{type}}_response","data":{{data}}}"""));

    internal static Task StartedAsync(NatsMsg<byte[]> deploy, string id, string name) =>
        ReplyAsync(deploy, "run", $$"""{"started":true,"id":"{{id}}","issuer":"A","name":"{{name}}"}""");

    internal static Task StoppedAsync(NatsMsg<byte[]> stop, string id, string name) =>
        ReplyAsync(stop, "stop", $$"""{"stopped":true,"id":"{{id}}","issuer":"A","name":"{{name}}"}""");

    internal async Task PublishAsync(string subject, string payload) => await _connection.PublishAsync(subject, Encoding.UTF8.GetBytes(payload));

    public async ValueTask DisposeAsync()
    {
        foreach (INatsSub<byte[]> subscription in _subscriptions)
        {
            await subscription.DisposeAsync();
        }

        await _connection.DisposeAsync();
    }

    private async Task ListenAsync(string subject, Action<NatsMsg<byte[]>> heard)
    {
        INatsSub<byte[]> subscription = await _connection.SubscribeCoreAsync<byte[]>(subject);
        _subscriptions.Add(subscription);
        // The server has heard of it once it answers what is sent after it.
        await _connection.PingAsync();
        _ = Task.Run(async () =>
        {
            await foreach (NatsMsg<byte[]> message in subscription.Msgs.ReadAllAsync())
            {
                heard(message);
            }
        });
    }
}
