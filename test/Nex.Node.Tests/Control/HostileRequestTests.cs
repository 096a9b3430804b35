using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NATS.Client.Core;
using NATS.NKeys;
using Nex.Node.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Nats;
using Nex.Testing.Processes;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Control;

/// <summary>Ten thousand requests that mean no good on every subject: each gets one reply, and nothing comes of any.</summary>
[Collection(typeof(Alone))]
public sealed class HostileRequestTests : IDisposable
{
    private const int OnEachSubject = 10_000;
    private const int InFlight = 64;
    private const int LargestWithoutPool = 4096;
    private const long MiB = 1024 * 1024;

    private readonly Random _random = new(20240517);
    private readonly TempDirectory _directory = new();
    private readonly SemaphoreSlim _room = new(InFlight);
    // Of its own kind: the library takes what is below its own inboxes for single answers.
    private readonly string _inbox = $"answers{Guid.NewGuid():n}";
    private int[] _replies = [];

    [Fact]
    public async Task Each_gets_one_reply_nothing_is_started_and_nothing_is_kept()
    {
        // It takes more than the node does.
        File.WriteAllText(_directory["nats.conf"], "max_payload: 4194304");
        await using NatsServer server = await NatsServer.StartAsync("-c", _directory["nats.conf"]);
        await using NodeUnderTest node = await NodeUnderTest.StartAsync(server, new NodeOptions { MaxArtifactBytes = 1_000_000 });
        // A line about each request would be most of what is measured here.
        node.Log.Keeps = line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Error;
        await using var stranger = new Stranger(server);
        await stranger.UploadAsync("tree", File.ReadAllBytes(TestPrograms.Path("tree")));
        string victim = (await stranger.DeployAsync(node, stranger.RunRequest(node, "victim", "tree", argv: ["polite"]), "victim")).GetProperty("id").GetString()!;
        string used = stranger.RunRequest(node, "used", "tree", argv: ["polite"]);
        string usedId = (await stranger.DeployAsync(node, used, "used")).GetProperty("id").GetString()!;
        _ = await stranger.StopAsync(node, usedId, "used", "used");
        var hostile = new Hostility(node, stranger, _random, victim, used);
        ulong connection = node.Connection.ServerInfo!.ClientId;
        Func<Hostile>[] all = [.. hostile.Subjects.SelectMany(make => Enumerable.Repeat(make, OnEachSubject))];
        _random.Shuffle(all);
        _replies = new int[all.Length + OnEachSubject];
        await using INatsSub<byte[]> answers = await stranger.Connection.SubscribeCoreAsync<byte[]>(
            $"{_inbox}.*", opts: new NatsSubOpts { ChannelOpts = new NatsSubChannelOpts { Capacity = _replies.Length } });
        Task counting = CountAsync(answers);

        // Of the large buffers that are once needed, pools keep some for each thread and processor. What is measured is what requests leave that need none.
        HashSet<int> silent = await SendAsync(stranger, all[..(all.Length / 2)], first: 0);
        Footprint before = Footprint.Of(node);
        silent.UnionWith(await SendAsync(stranger, all[(all.Length / 2)..], first: all.Length / 2, most: LargestWithoutPool));
        Footprint after = Footprint.Of(node);
        Assert.Equal((before.Processes, before.Files), (after.Processes, after.Files));
        Assert.InRange(after.Descriptors - before.Descriptors, int.MinValue, 8);
        Assert.InRange(after.Managed - before.Managed, long.MinValue, 8 * MiB);
        Assert.InRange(after.Resident - before.Resident, long.MinValue, 32 * MiB);

        silent.UnionWith(await SendAsync(stranger, [.. Enumerable.Repeat(hostile.LameDuck, OnEachSubject)], first: all.Length));
        // A second reply to any of them would come before the answer to this.
        Assert.Equal(1, (await stranger.DoAsync($"$NEX.PING.{node.Id}")).GetProperty("running_machines").GetInt32());
        _ = await stranger.Connection.PingAsync();
        Assert.All(_replies.Index(), reply => Assert.True(reply.Item == (silent.Contains(reply.Index) ? 0 : 1), $"{reply.Index} got {reply.Item}"));
        Assert.Equal(0, node.Node.Status.BufferedMessages);
        Assert.Equal(connection, node.Connection.ServerInfo.ClientId);
        JsonElement machine = Assert.Single((await stranger.DoAsync($"$NEX.INFO.victim.{node.Id}")).GetProperty("machines").EnumerateArray());
        Assert.Equal((victim, true), (machine.GetProperty("id").GetString(), machine.GetProperty("healthy").GetBoolean()));
        Assert.DoesNotContain(node.Log.Lines.Reached, line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
        Assert.False(counting.IsFaulted);
    }

    public void Dispose()
    {
        _directory.Dispose();
        _room.Dispose();
    }

    /// <summary>Sends requests, and waits until each has been answered that is to be.</summary>
    /// <returns>The numbers of those that are not.</returns>
    private async Task<HashSet<int>> SendAsync(Stranger stranger, Func<Hostile>[] requests, int first, int most = int.MaxValue)
    {
        var silent = new HashSet<int>();
        for (int index = 0; index < requests.Length; index++)
        {
            Hostile request;
            do
            {
                request = requests[index]();
            }
            while (request.Payload.Length > most);

            if (request.IsSilent)
            {
                _ = silent.Add(first + index);
            }
            else
            {
                await _room.WaitAsync().Within("an earlier request was answered");
            }

            await stranger.Connection.PublishAsync(
                request.Subject, request.Payload, replyTo: request.ReplyTo ?? $"{_inbox}.{first + index}", serializer: NatsRawSerializer<byte[]>.Default);
        }

        for (int place = 0; place < InFlight; place++)
        {
            await _room.WaitAsync().Within("every request was answered");
        }

        _room.Release(InFlight);
        return silent;
    }

    private async Task CountAsync(INatsSub<byte[]> answers)
    {
        await foreach (NatsMsg<byte[]> reply in answers.Msgs.ReadAllAsync())
        {
            if (++_replies[int.Parse(reply.Subject.AsSpan(_inbox.Length + 1))] == 1)
            {
                _ = _room.Release();
            }
        }
    }

    /// <param name="ReplyTo">Null for the inbox of the test.</param>
    private sealed record Hostile(string Subject, byte[] Payload, bool IsSilent = false, string? ReplyTo = null);

    /// <summary>What this process, which is the node, and what it has started take.</summary>
    private sealed record Footprint(long Managed, long Resident, int Descriptors, int Processes, int Files)
    {
        internal static Footprint Of(NodeUnderTest node)
        {
            // Gives back what pools of buffers keep, too.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            return new Footprint(
                GC.GetTotalMemory(forceFullCollection: true),
                Environment.WorkingSet,
                Directory.GetFiles("/proc/self/fd").Length,
                LiveProcesses.DescendantsOf(Environment.ProcessId).Count,
                Directory.GetFiles(node.Directory, "*", SearchOption.AllDirectories).Length);
        }
    }

    /// <summary>Makes the requests.</summary>
    private sealed class Hostility
    {
        private readonly NodeUnderTest _node;
        private readonly Stranger _stranger;
        private readonly Random _random;
        private readonly string _victim;
        private readonly string _used;
        private readonly KeyPair _otherAccount = KeyPair.CreatePair(PrefixByte.Account);
        private readonly string _otherXkey = GetXkey();
        private readonly string _good;
        private readonly string _other;
        private readonly string _sealed;
        private readonly string[] _jwts;

        internal Hostility(NodeUnderTest node, Stranger stranger, Random random, string victim, string used)
        {
            (_node, _stranger, _random, _victim, _used) = (node, stranger, random, victim, used);
            _good = stranger.Jwt("name");
            _other = stranger.Jwt("other");
            _sealed = stranger.Seal(node, "{}");
            // Made once: to sign takes longer than all else.
            _jwts =
            [
                stranger.Jwt("name", null, null, _otherAccount),
                stranger.Jwt("name", null, claims => claims["exp"] = 1),
                stranger.Jwt("name", null, claims => claims["nbf"] = 99_999_999_999),
                stranger.Jwt("name", null, claims => claims["iat"] = long.MaxValue),
                stranger.Jwt("name", null, claims => claims["exp"] = long.MinValue),
                stranger.Jwt("name", null, claims => claims["iss"] = "ANOKEY"),
                stranger.Jwt("name", null, claims => claims["iss"] = stranger.Xkey.GetPublicKey()),
                stranger.Jwt("../../etc/passwd"),
                stranger.Jwt(new string('n', 64)),
                stranger.Jwt("", null),
                stranger.Jwt("name", null, claims => claims.Remove("jti")),
                _good.Replace("eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ", "eyJhbGciOiJub25lIn0", StringComparison.Ordinal),
                _good[..(_good.LastIndexOf('.') + 1)],
                _good[..^2] + "==",
                "a.b.c", "..", new string('.', 1000), "\u0000", "é.é.é", new string('A', 70_000),
            ];
        }

        /// <summary>Each makes a request on one of the subjects.</summary>
        internal Func<Hostile>[] Subjects =>
        [
            () => new("$NEX.PING", Junk()),
            () => NobodyAsks(new($"$NEX.PING.{_node.Id}", Junk())),
            () => new($"$NEX.WPING.{Pick("victim", "Victim", "VICTIM")}", Junk()),
            () => new($"$NEX.WPING.{Pick("nobody", "$SYS", "é")}", Junk(), IsSilent: true),
            () => new($"$NEX.WPING.victim.{Pick("victim", _victim)}", Junk()),
            () => new($"$NEX.WPING.{Pick("nobody.victim", "victim.nobody", $"used.{_victim}", "victim.é")}", Junk(), IsSilent: true),
            () => NobodyAsks(new($"$NEX.INFO.{Namespace()}.{_node.Id}", Junk())),
            () => NobodyAsks(new($"$NEX.STOP.{Namespace()}.{_node.Id}", Stop())),
            () => NobodyAsks(new($"$NEX.DEPLOY.{Namespace()}.{_node.Id}", Deploy())),
        ];

        internal Hostile LameDuck() => new($"$NEX.LAMEDUCK.{_node.Id}", Junk());

        /// <summary>Now and then a reply would go where none must: into the API of NATS or of nodes, or into a line that a server does not take.</summary>
        private Hostile NobodyAsks(Hostile request) => _random.Next(50) > 0
            ? request
            : request with { IsSilent = true, ReplyTo = Pick("$JS.API.STREAM.PURGE.OBJ_NEXCLIFILES", $"$NEX.LAMEDUCK.{_node.Id}", new string('r', 2000)) };

        private string Namespace() => Pick("default", "victim", "VICTIM", "system", "$SYS", "a_b", "é", new string('n', 200));

        private byte[] Junk()
        {
            byte[] bytes = new byte[_random.Next(1000) switch { 0 => 2_000_000, < 5 => 500_000, _ => _random.Next(300) }];
            _random.NextBytes(bytes);
            return bytes;
        }

        private byte[] Stop() => _random.Next(6) switch
        {
            0 => Junk(),
            1 => Text(Stranger.StopRequest(_node, _victim, Pick(_jwts))),
            2 => Text(Stranger.StopRequest(_node, Pick("", "nothing", _victim, new string('i', 10_000), "*", ">"), _good)),
            3 => Text($$"""{"workload_id":{{Pick("1", "null", "[]", "{}")}},"workload_jwt":"","target_node":"{{_node.Id}}"}"""),
            4 => Text(Stranger.StopRequest(_node, _victim, _other)),
            _ => Text(Stranger.StopRequest(_node, _victim, _good).Replace(_node.Id, Pick("N", "", _otherXkey), StringComparison.Ordinal)),
        };

        private byte[] Deploy() => _random.Next(12) switch
        {
            0 => Junk(),
            1 => Text(_used),
            2 => Text(new string('[', _random.Next(1, 100_000))),
            3 => Text(string.Concat(Enumerable.Repeat("{\"location\":", 500))),
            4 => Text(Request()[.._random.Next(10, 500)]),
            5 => Text(Request(("workload_jwt", Pick(_jwts)))),
            6 => Text(Request(("environment", Pick("AAAA", "!", "", new string('A', 100_000), Convert.ToBase64String(_stranger.Xkey.Seal("{}"u8.ToArray(), _otherXkey)))))),
            7 => Text(Request(("sender_public_key", Pick("X", "", _otherXkey, _otherAccount.GetPublicKey(), new string('X', 56))))),
            8 => Text(Request(("location", Pick("file:///etc/passwd", "nats://../..", $"nats://{new string('b', 5000)}/key", $"nats://NEXCLIFILES/{new string('k', 5000)}", "nats://$SYS/a", "nats://NEXCLIFILES/", "http://127.0.0.1/", "", "nats://NOSUCH/key")))),
            9 => Text(Request(("type", Pick("wasm", "v8", "oci", "ELF", "", "elf\0", new string('t', 5000))))),
            10 => Text(Request(("target_node", Pick("N", _otherXkey, "*")), ("jsdomain", Pick("", "*", new string('d', 5000))))),
            _ => Change(),
        };

        /// <summary>A request in which one value is of another kind.</summary>
        private byte[] Change()
        {
            JsonObject request = JsonNode.Parse(Request())!.AsObject();
            string field = Pick([.. request.Select(entry => entry.Key).Where(key => key is not ("description" or "essential" or "jsdomain" or "argv"))]);
            request[field] = _random.Next(4) switch { 0 => new JsonObject(), 1 => JsonValue.Create(1e300), 2 => new JsonArray(true), _ => null };
            return Text(request.ToJsonString());
        }

        private string Request(params (string Field, string Value)[] changes) => _stranger.RunRequest(
            _node,
            "name",
            "nothing",
            request =>
            {
                request["environment"] = _sealed;
                foreach ((string field, string value) in changes)
                {
                    request[field] = value;
                }
            },
            jwt: _good);

        private string Pick(params string[] choices) => choices[_random.Next(choices.Length)];

        private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

        private static string GetXkey()
        {
            using var pair = KeyPair.CreatePair(PrefixByte.Curve);
            return pair.GetPublicKey();
        }
    }
}
