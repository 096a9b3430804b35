using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NATS.Client.Core;
using NATS.NKeys;
using Nex.Node.Tests.Support;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Control;

/// <summary>Ten thousand requests that mean no good, over all subjects: each gets one reply, and nothing comes of any.</summary>
[Collection(typeof(Alone))]
public sealed class HostileRequestTests(SharedNats nats) : NodeTest(nats)
{
    private const int Requests = 10_000;
    // By then the pools of buffers have taken what they keep: large requests among these fill them one by one.
    private const int WarmUp = Requests / 2;
    private const int InFlight = 64;

    private readonly Random _random = new(20240517);
    private readonly ConcurrentDictionary<string, int> _replies = new();
    private readonly SemaphoreSlim _room = new(InFlight);

    [Fact]
    public async Task Each_gets_one_reply_nothing_is_started_and_nothing_is_kept()
    {
        NodeUnderTest node = await StartNodeAsync(new NodeOptions { MaxArtifactBytes = 1_000_000 });
        await UploadAsync("tree");
        string victim = (await Stranger.DeployAsync(node, Stranger.RunRequest(node, "victim", "tree", argv: ["polite"]), "victim")).GetProperty("id").GetString()!;
        string used = Stranger.RunRequest(node, "used", "tree", argv: ["polite"]);
        string usedId = (await Stranger.DeployAsync(node, used, "used")).GetProperty("id").GetString()!;
        _ = await Stranger.StopAsync(node, usedId, "used", "used");
        var hostile = new Hostility(node, Stranger, _random, victim, used);

        // Of its own kind: the library takes what is below its own inboxes for single answers.
        string inbox = $"answers{Guid.NewGuid():n}";
        Task counting = CountAsync(inbox);
        var silent = new HashSet<string>();
        long before = 0;
        for (int number = 0; number < Requests; number++)
        {
            if (number == WarmUp)
            {
                before = GC.GetTotalMemory(forceFullCollection: true);
            }

            (string subject, byte[] payload, bool isSilent) = hostile.Next();
            if (isSilent)
            {
                _ = silent.Add($"{inbox}.{number}");
            }
            else
            {
                await _room.WaitAsync().Within("an earlier request was answered");
            }

            await Stranger.Connection.PublishAsync(subject, payload, replyTo: $"{inbox}.{number}", serializer: NatsRawSerializer<byte[]>.Default);
        }

        for (int place = 0; place < InFlight; place++)
        {
            await _room.WaitAsync().Within("every request was answered");
        }

        // A second reply to any of them would come before the answer to this.
        Assert.Equal(1, (await Stranger.DoAsync($"$NEX.PING.{node.Id}")).GetProperty("running_machines").GetInt32());
        _ = await Stranger.Connection.PingAsync();
        Assert.Equal(Requests - silent.Count, _replies.Count);
        Assert.All(_replies, reply => Assert.True(reply.Value == 1 && !silent.Contains(reply.Key), $"{reply.Key} got {reply.Value}"));
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 12 * 1024 * 1024);
        Assert.Equal(0, node.Node.Status.BufferedMessages);
        JsonElement machine = Assert.Single((await Stranger.DoAsync($"$NEX.INFO.victim.{node.Id}")).GetProperty("machines").EnumerateArray());
        Assert.Equal((victim, true), (machine.GetProperty("id").GetString(), machine.GetProperty("healthy").GetBoolean()));
        Assert.DoesNotContain(node.Log.Lines.Reached, line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
        Assert.False(counting.IsFaulted);
    }

    private async Task CountAsync(string inbox)
    {
        await foreach (NatsMsg<byte[]> reply in Stranger.Connection.SubscribeAsync<byte[]>(
            $"{inbox}.*", opts: new NatsSubOpts { ChannelOpts = new NatsSubChannelOpts { Capacity = Requests } }))
        {
            if (_replies.AddOrUpdate(reply.Subject, 1, (_, count) => count + 1) == 1)
            {
                _ = _room.Release();
            }
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

        internal (string Subject, byte[] Payload, bool IsSilent) Next()
        {
            string @namespace = Pick("default", "victim", "VICTIM", "system", "$SYS", "a_b", "é", new string('n', 200));
            return _random.Next(10) switch
            {
                0 => ($"$NEX.PING.{_node.Id}", Junk(), false),
                1 => ($"$NEX.WPING.nobody{(_random.Next(2) == 0 ? "" : "." + Pick("victim", _victim, "é"))}", Junk(), true),
                2 => ($"$NEX.INFO.{@namespace}.{_node.Id}", Junk(), false),
                <= 4 => ($"$NEX.STOP.{@namespace}.{_node.Id}", Stop(), false),
                _ => ($"$NEX.DEPLOY.{@namespace}.{_node.Id}", Deploy(), false),
            };
        }

        private byte[] Junk()
        {
            byte[] bytes = new byte[_random.Next(100) == 0 ? 1_000_000 : _random.Next(300)];
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
            8 => Text(Request(("location", Pick("file:///etc/passwd", "nats://../..", "nats://$SYS/a", "nats://NEXCLIFILES/", "http://127.0.0.1/", "", "nats://NOSUCH/key")))),
            9 => Text(Request(("type", Pick("wasm", "v8", "oci", "ELF", "", "elf\0", new string('t', 5000))))),
            10 => Text(Request(("target_node", Pick("N", _otherXkey, "*")))),
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
