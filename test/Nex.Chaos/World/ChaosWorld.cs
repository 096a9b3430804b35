using System.Text.Json;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.ObjectStore;
using NATS.NKeys;
using Nex.Control;
using Nex.Control.Claims;
using Nex.Control.Messages;
using Nex.Testing.Files;
using Nex.Testing.Nats;

namespace Nex.Chaos.World;

/// <summary>A NATS server, a node on it, and what its users and its faults know of both.</summary>
internal sealed class ChaosWorld : IAsyncDisposable
{
    internal const string Bucket = "chaos";
    internal const string Namespace = "chaos";
    internal static readonly string[] Programs = ["exit", "tree", "write"];

    private readonly TempDirectory _directory;
    private readonly NatsConnection _connection;

    private ChaosWorld(ChaosOptions options, TempDirectory directory, NatsServer nats, NatsConnection connection, RunningNode node)
    {
        Options = options;
        Nats = nats;
        Node = node;
        _directory = directory;
        _connection = connection;
    }

    internal ChaosOptions Options { get; }

    internal NatsServer Nats { get; }

    internal RunningNode Node { get; }

    internal Tally Tally { get; } = new();

    internal Disturbance Disturbance { get; } = new();

    internal Requester Requester { get; private set; } = null!;

    internal WorkloadBook Book { get; private set; } = null!;

    /// <summary>Who signs what is deployed.</summary>
    internal KeyPair Issuer { get; } = KeyPair.CreatePair(PrefixByte.Account);

    /// <summary>Who seals its environment.</summary>
    internal KeyPair Sender { get; } = KeyPair.CreatePair(PrefixByte.Curve);

    /// <summary>By this, processes of this world are found on the host.</summary>
    internal string Marker => Path.GetFileName(_directory.Path);

    internal string NodeId { get; private set; } = "";

    internal string NodeXkey { get; private set; } = "";

    /// <summary>A node that takes no new workloads is as good as one that was stopped: somebody starts it again.</summary>
    internal TaskCompletionSource LameDuck { get; set; } = NewSignal();

    internal static async Task<ChaosWorld> OpenAsync(ChaosOptions options)
    {
        var directory = new TempDirectory();
        // Agents of a root node run as another user, who passes through here.
        File.SetUnixFileMode(directory.Path, File.GetUnixFileMode(directory.Path) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        NatsServer nats = await NatsServer.StartAsync();
        var connection = new NatsConnection(new NatsOpts { Url = nats.Url, MaxReconnectRetry = -1, Name = "chaos", SubPendingChannelCapacity = 100_000 });
        await UploadAsync(connection);
        RunningNode node = await RunningNode.StartAsync(options, nats.Url, directory.Path);
        var world = new ChaosWorld(options, directory, nats, connection, node);
        world.Requester = await Requester.OpenAsync(connection, options, world.Disturbance, world.Tally);
        world.Book = await WorkloadBook.OpenAsync(connection, world.Tally, world.Disturbance);
        await world.WaitForNodeAsync();
        return world;
    }

    /// <summary>Waits until the node answers, and learns who it is.</summary>
    internal async Task WaitForNodeAsync()
    {
        long begun = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(begun) < Options.AnswerTimeout)
        {
            if (Node.Exited.IsCompleted)
            {
                throw new InvalidOperationException($"The node has ended by itself: {string.Join('\n', Node.Lines.TakeLast(20))}");
            }

            if (await TryPingAsync() is { } answer)
            {
                (NodeId, NodeXkey) = (answer.NodeId, answer.TargetXkey);
                return;
            }
        }

        throw new TimeoutException($"The node did not answer: {string.Join('\n', Node.Lines.TakeLast(20))}");
    }

    internal async Task<PingReply?> TryPingAsync()
    {
        try
        {
            NatsMsg<byte[]> answer = await _connection.RequestAsync<byte[]?, byte[]>(
                ControlSubjects.PingAll, null, replyOpts: new NatsSubOpts { Timeout = TimeSpan.FromSeconds(1), ThrowIfNoResponders = true });
            return Envelope.Open(answer.Data, MessageTypes.Ping, ControlJsonContext.Default.PingReply);
        }
        catch (NatsException)
        {
            // Nobody there yet. A server without listeners says so at once: give it a moment.
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, CancellationToken.None);
            return null;
        }
    }

    /// <summary>Asks the node to stop a workload. It may refuse, as when there is none any more.</summary>
    internal async Task StopAsync(string id, string name)
    {
        var request = new StopRequest
        {
            WorkloadId = id,
            WorkloadJwt = WorkloadClaims.Sign(Issuer, name, hash: null, TimeProvider.System.GetUtcNow()),
            TargetNode = NodeId,
        };
        _ = await Requester.AskAsync(
            ControlSubjects.Stop(Namespace, NodeId), JsonSerializer.SerializeToUtf8Bytes(request, ControlJsonContext.Default.StopRequest));
    }

    /// <summary>The workloads that the node says to run; null where it does not answer.</summary>
    internal async Task<IReadOnlyList<MachineSummary>?> ListAsync() =>
        await Requester.AskAsync(ControlSubjects.Info(Namespace, NodeId), []) is { } answer
            ? Envelope.Open(answer, MessageTypes.Info, ControlJsonContext.Default.InfoReply).Machines
            : null;

    /// <returns>How many lines came.</returns>
    internal async Task<int> FollowLogsAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        over.CancelAfter(time);
        int lines = 0;
        try
        {
            await foreach (NatsMsg<byte[]> line in _connection.SubscribeAsync<byte[]>(ControlSubjects.Pattern("logs", Namespace, null, null, null), cancellationToken: over.Token))
            {
                lines += line.Data is { Length: > 0 } ? 1 : 0;
            }
        }
        catch (OperationCanceledException)
        {
        }

        return lines;
    }

    internal static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        await Requester.DisposeAsync();
        await Book.DisposeAsync();
        await _connection.DisposeAsync();
        await Nats.DisposeAsync();
        Issuer.Dispose();
        Sender.Dispose();
        _directory.Dispose();
    }

    private static async Task UploadAsync(NatsConnection connection)
    {
        INatsObjStore store = await new NatsObjContext(new NatsJSContext(connection)).CreateObjectStoreAsync(Bucket);
        foreach (string program in Programs)
        {
            _ = await store.PutAsync(program, await File.ReadAllBytesAsync(TestPrograms.Path(program)));
        }
    }
}
