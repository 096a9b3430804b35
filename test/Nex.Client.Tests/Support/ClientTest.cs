using System.Text;
using NATS.Client.Core;
using Nex.Control.Connections;
using Nex.Testing.Nats;
using Nex.Testing.Waiting;

namespace Nex.Client.Tests.Support;

/// <summary>A client, a nats-server, and a stranger's connection that plays a node.</summary>
public abstract class ClientTest : IAsyncLifetime
{
    // So long that a test which waits for it fails.
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    private readonly List<IAsyncDisposable> _subscriptions = [];
    private NatsServer? _server;
    private NatsConnection? _stranger;
    private NexClient? _client;

    internal NatsServer Server => _server!;

    private protected NexClient Client => _client!;

    /// <summary>Another program on the same NATS.</summary>
    private protected NatsConnection Stranger => _stranger!;

    public async ValueTask InitializeAsync()
    {
        _server = await NatsServer.StartAsync();
        _stranger = new NatsConnection(new NatsOpts { Url = _server.Url });
        await _stranger.ConnectAsync();
        _client = await ConnectAsync(Long);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable each in _subscriptions)
        {
            await each.DisposeAsync();
        }

        await Client.DisposeAsync();
        await Stranger.DisposeAsync();
        await Server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected Task<NexClient> ConnectAsync(TimeSpan timeout) =>
        NexClient.ConnectAsync(new NatsSettings { Servers = [Server.Url] }, new NexClientOptions { Timeout = timeout, WorkTimeout = timeout }).Within();

    /// <summary>Answers each request on a subject with these, one after the other; with nothing where there is none.</summary>
    private protected async Task<Milestones<NatsMsg<byte[]>>> AnswerAsync(string subject, params string[] answers)
    {
        var asked = new Milestones<NatsMsg<byte[]>>();
        INatsSub<byte[]> subscription = await Stranger.SubscribeCoreAsync<byte[]>(subject);
        _subscriptions.Add(subscription);
        await Stranger.PingAsync();
        _ = Task.Run(async () =>
        {
            await foreach (NatsMsg<byte[]> request in subscription.Msgs.ReadAllAsync())
            {
                foreach (string answer in answers)
                {
                    await request.ReplyAsync(Encoding.UTF8.GetBytes(answer));
                }

                asked.Add(request);
            }
        });
        return asked;
    }

    /// <summary>Plays the original's node: each request gets the first answer that was recorded for its subject.</summary>
    private protected async Task PlayRecordingAsync()
    {
        foreach (string subject in Recording.Messages.Where(message => message.IsAnswer).Select(message => message.Subject).Distinct())
        {
            await AnswerAsync(subject, Recording.Answer(subject));
        }
    }

    private protected async Task PublishAsync(params IEnumerable<(string Subject, string Payload)> messages)
    {
        foreach ((string subject, string payload) in messages)
        {
            await Stranger.PublishAsync(subject, Encoding.UTF8.GetBytes(payload));
        }

        await Stranger.PingAsync();
    }
}
