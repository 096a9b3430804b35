using NATS.NKeys;
using Nex.Client;
using Nex.Client.Streams;
using Nex.Control.Connections;
using Nex.Control.Messages;
using Nex.Testing.Nats;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Hosting;

/// <summary>Some nodes, each a program of its own, on one nats-server, and a client of them.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    private readonly KeyPair _issuer = KeyPair.CreatePair(PrefixByte.Account);
    private string _location = "";

    private Fleet(NatsServer server, NexProgram[] nodes, NexClient client)
    {
        Server = server;
        Nodes = nodes;
        Client = client;
    }

    internal NatsServer Server { get; }

    internal IReadOnlyList<NexProgram> Nodes { get; }

    internal NexClient Client { get; }

    internal KeyPair Issuer => _issuer;

    internal static async Task<Fleet> StartAsync(int size)
    {
        NatsServer server = await NatsServer.StartAsync();
        NexProgram[] nodes = await Task.WhenAll(Enumerable.Range(0, size).Select(_ => NexProgram.StartAsync("--server", server.Url, "--pool-size", "2")));
        var fleet = new Fleet(server, nodes, await ConnectAsync(server));
        fleet._location = await Deployment.UploadAsync(fleet.Client);
        return fleet;
    }

    /// <summary>Another client. It waits long enough for an answer to come through a restart of the server.</summary>
    internal static Task<NexClient> ConnectAsync(NatsServer server) => NexClient.ConnectAsync(
        new NatsSettings { Servers = [server.Url] }, new NexClientOptions { WorkTimeout = TimeSpan.FromSeconds(15), Timeout = TimeSpan.FromSeconds(5) }).Within();

    internal Task<RunReply> DeployAsync(NexProgram node, params string[] arguments) => DeployAsync(Client, node, arguments);

    internal Task<RunReply> DeployAsync(NexClient client, NexProgram node, params string[] arguments) =>
        client.DeployAsync(Deployment.Of(node.Id, _location, _issuer, arguments));

    /// <summary>The processes of a workload, by one of its arguments.</summary>
    internal static IReadOnlyList<LiveProcess> ProcessesOf(NexProgram node, string argument) =>
        [.. LiveProcesses.DescendantsOf(node.Program.ProcessId).Where(process => process.Arguments.Contains(argument))];

    /// <summary>Reads all that workloads write, from the time on that this returns.</summary>
    internal async Task<Milestones<NodeLogLine>> ListenAsync()
    {
        var heard = new Milestones<NodeLogLine>();
        SubjectStream<NodeLogLine> lines = await Client.OpenLogsAsync(new LogFilter()).Within();
        _ = ReadAsync();
        return heard;

        // Until the client is closed.
        async Task ReadAsync()
        {
            await foreach (NodeLogLine line in lines)
            {
                heard.Add(line);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        foreach (NexProgram node in Nodes)
        {
            await node.DisposeAsync();
        }

        await Server.DisposeAsync();
        _issuer.Dispose();
    }
}
