using NATS.Client.ObjectStore;
using NATS.Net;
using NATS.NKeys;
using Nex.Client;
using Nex.Client.Artifacts;
using Nex.Client.Workloads;
using Nex.Control.Messages;

namespace Nex.Bench.Running;

/// <summary>Somebody who has workloads on a node, as a user of the client has them.</summary>
internal sealed class NodeClient : IAsyncDisposable
{
    private const string Name = "bench";
    private readonly KeyPair _issuer = KeyPair.CreatePair(PrefixByte.Account);
    private readonly RunningNats _nats;
    private readonly NexClient _client;
    private readonly string _node;
    private readonly string _xkey;
    private INatsObjStore? _store;

    private NodeClient(RunningNats nats, NexClient client, PingReply node)
    {
        _nats = nats;
        _client = client;
        _node = node.NodeId;
        _xkey = node.TargetXkey;
    }

    internal static async Task<NodeClient> ConnectAsync(RunningNats nats, string nodeId)
    {
        var client = new NexClient(nats.Connection);
        return new NodeClient(nats, client, await client.PingAsync(nodeId));
    }

    /// <summary>Puts a program into the object store.</summary>
    /// <param name="stamp">Added to the end of the file, where it changes nothing but its hash.</param>
    internal async Task<UploadedArtifact> UploadAsync(string program, Guid stamp)
    {
        using var content = new MemoryStream([.. await File.ReadAllBytesAsync(program), .. stamp.ToByteArray()]);
        return await _client.UploadAsync(new UploadOptions { Key = Path.GetFileName(program) }, content);
    }

    /// <summary>Gets a program from the object store and does nothing with it.</summary>
    internal async Task FetchAsync(string program)
    {
        _store ??= await _nats.Connection.CreateJetStreamContext().CreateObjectStoreContext().GetObjectStoreAsync(UploadOptions.DefaultBucket);
        await _store.GetAsync(Path.GetFileName(program), Stream.Null, leaveOpen: true);
    }

    internal Task PingAsync() => _client.PingAsync(_node);

    /// <summary>Asks the object store for the bucket and for the program, as whoever would fetch it.</summary>
    internal async Task LookUpAsync(string program)
    {
        INatsObjStore store = await _nats.Connection.CreateJetStreamContext().CreateObjectStoreContext().GetObjectStoreAsync(UploadOptions.DefaultBucket);
        _ = await store.GetInfoAsync(Path.GetFileName(program));
    }

    /// <summary>Returns when its program runs.</summary>
    internal Task<RunReply> DeployAsync(UploadedArtifact artifact, CancellationToken cancellationToken, params IReadOnlyList<string> arguments) =>
        _client.DeployAsync(
            new DeployOptions
            {
                Name = Name,
                NodeId = _node,
                NodeXkey = _xkey,
                Location = artifact.Location,
                Issuer = _issuer,
                Argv = arguments,
            },
            cancellationToken);

    /// <summary>Returns when nothing of it runs.</summary>
    internal Task StopAsync(RunReply workload, CancellationToken cancellationToken) =>
        _client.StopAsync(new StopOptions { Workload = workload.Id, Name = Name, NodeId = _node, Issuer = _issuer }, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        _issuer.Dispose();
    }
}
