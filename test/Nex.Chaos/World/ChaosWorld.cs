using System.Globalization;
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

    /// <summary>What names a workload in its environment, and so in that of each of its processes.</summary>
    internal const string NameVariable = "NEX_CHAOS_WORKLOAD";

    private const int Variants = 24;
    private static readonly string[] Programs = ["alone", "hungry", "tree", "write"];

    private readonly TempDirectory _directory;
    private readonly NatsConnection _connection;

    private ChaosWorld(ChaosOptions options, Tally tally, TempDirectory directory, SmallDisk? disk, NatsServer nats, NatsWay way, NatsConnection connection, RunningNode node)
    {
        Options = options;
        Tally = tally;
        Disk = disk;
        Nats = nats;
        Way = way;
        Node = node;
        _directory = directory;
        _connection = connection;
    }

    internal ChaosOptions Options { get; }

    /// <summary>What the node writes to; null where its size cannot be bounded.</summary>
    internal SmallDisk? Disk { get; }

    internal NatsServer Nats { get; }

    internal NatsWay Way { get; }

    internal RunningNode Node { get; }

    internal Tally Tally { get; }

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

    /// <summary>Completes when the node takes no new workloads.</summary>
    internal TaskCompletionSource LameDuck { get; set; } = NewSignal();

    /// <summary>The workload that a process belongs to; null for none of any world.</summary>
    internal static string? WorkloadOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/environ").Split('\0').FirstOrDefault(pair => pair.StartsWith(NameVariable + "=", StringComparison.Ordinal))?[(NameVariable.Length + 1)..];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    internal static async Task<ChaosWorld> OpenAsync(ChaosOptions options, Tally tally)
    {
        var directory = new TempDirectory();
        SmallDisk? disk = await SmallDisk.TryMountAsync(directory.Path);
        NatsServer nats = await NatsServer.StartAsync();
        var connection = new NatsConnection(new NatsOpts { Url = nats.Url, MaxReconnectRetry = -1, Name = "chaos", SubPendingChannelCapacity = 100_000 });
        await UploadAsync(connection);
        var way = new NatsWay(nats.Port);
        RunningNode node = await RunningNode.StartAsync(options, way.Url, directory);
        var world = new ChaosWorld(options, tally, directory, disk, nats, way, connection, node);
        world.Requester = await Requester.OpenAsync(connection, options, world.Disturbance, world.Tally, node);
        world.Book = await WorkloadBook.OpenAsync(connection, world.Tally, world.Disturbance);
        try
        {
            await world.WaitForNodeAsync();
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>Tells what is done now, where that was asked for.</summary>
    internal void Trace(string what)
    {
        if (Options.Trace)
        {
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    {TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {what}"));
        }
    }

    /// <summary>Waits until the node answers, and learns who it is.</summary>
    internal async Task WaitForNodeAsync()
    {
        long begun = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(begun) < Options.AnswerTimeout)
        {
            ThrowIfNodeEnded();
            if (await TryPingAsync() is { } answer)
            {
                (NodeId, NodeXkey) = (answer.NodeId, answer.TargetXkey);
                return;
            }
        }

        throw new TimeoutException($"The node did not answer: {string.Join('\n', Node.Lines.TakeLast(20))}");
    }

    /// <exception cref="InvalidOperationException">It has, and nobody meant it to.</exception>
    internal void ThrowIfNodeEnded()
    {
        if (Node.Exited.IsCompleted)
        {
            throw new InvalidOperationException($"The node has ended by itself: {string.Join('\n', Node.Lines.TakeLast(20))}");
        }
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

    /// <summary>One of the artifacts that are that program: most are in the cache of the node before long.</summary>
    internal static string ArtifactOf(string program, Random dice) => $"{program}-{dice.Next(Variants)}";

    internal static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        await Requester.DisposeAsync();
        await Book.DisposeAsync();
        await _connection.DisposeAsync();
        await Way.DisposeAsync();
        await Nats.DisposeAsync();
        if (Disk is not null)
        {
            await Disk.DisposeAsync();
        }

        Issuer.Dispose();
        Sender.Dispose();
        _directory.Dispose();
    }

    private static async Task UploadAsync(NatsConnection connection)
    {
        INatsObjStore store = await new NatsObjContext(new NatsJSContext(connection)).CreateObjectStoreAsync(Bucket);
        foreach (string program in Programs)
        {
            byte[] bytes = await File.ReadAllBytesAsync(TestPrograms.Path(program));
            for (byte variant = 0; variant < Variants; variant++)
            {
                // What follows the end of a program makes it another artifact, and no other program.
                _ = await store.PutAsync($"{program}-{variant}", [.. bytes, variant]);
            }
        }
    }
}
