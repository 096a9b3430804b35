using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NATS.Client.Core;
using NATS.Client.ObjectStore;
using NATS.Net;
using NATS.NKeys;
using Nex.Testing.Nats;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Support;

/// <summary>A message that was published.</summary>
internal sealed record Heard(string Subject, string Text)
{
    internal JsonElement Json => JsonDocument.Parse(Text).RootElement;
}

/// <summary>
/// Somebody who speaks to nodes with nothing but NATS, keys and JSON, and shares no code with them. His requests look as those of the Go client.
/// </summary>
internal sealed class Stranger : IAsyncDisposable
{
    internal const string Bucket = "NEXCLIFILES";

    // To seal takes longer than all else in a request.
    private readonly ConcurrentDictionary<string, string> _sealed = new();
    private readonly List<Task> _listening = [];
    private readonly CancellationTokenSource _over = new();

    internal Stranger(NatsServer server) => Connection = new NatsConnection(NatsOpts.Default with
    {
        Url = server.Url,
        ConnectTimeout = Deadline.Length,
        ReconnectWaitMin = TimeSpan.FromMilliseconds(20),
        ReconnectWaitMax = TimeSpan.FromMilliseconds(100),
        ReconnectJitter = TimeSpan.FromMilliseconds(20),
        RequestTimeout = Deadline.Length,
    });

    internal NatsConnection Connection { get; }

    internal KeyPair Account { get; } = KeyPair.CreatePair(PrefixByte.Account);

    internal KeyPair Xkey { get; } = KeyPair.CreatePair(PrefixByte.Curve);

    internal string Issuer => Account.GetPublicKey();

    /// <summary>Asks, and waits for the first reply.</summary>
    internal async Task<JsonElement> AskAsync(string subject, string payload = "", NatsHeaders? headers = null)
    {
        NatsMsg<byte[]> reply = await Connection.RequestAsync<byte[], byte[]>(subject, Encoding.UTF8.GetBytes(payload), headers).Within(subject);
        return JsonDocument.Parse(reply.Data!).RootElement;
    }

    /// <summary>Asks for something that must succeed.</summary>
    internal async Task<JsonElement> DoAsync(string subject, string payload = "")
    {
        JsonElement reply = await AskAsync(subject, payload);
        Assert.False(reply.TryGetProperty("error", out JsonElement error), error.ToString());
        return reply.GetProperty("data");
    }

    /// <summary>Asks for something that must be refused.</summary>
    /// <returns>Why.</returns>
    internal async Task<string> RefusedAsync(string subject, string payload = "")
    {
        JsonElement reply = await AskAsync(subject, payload);
        Assert.True(reply.TryGetProperty("error", out JsonElement error), reply.ToString());
        Assert.Equal("", reply.GetProperty("data").GetString());
        return error.GetString()!;
    }

    internal Task<JsonElement> DeployAsync(NodeUnderTest node, string request, string @namespace = "default") =>
        DoAsync($"$NEX.DEPLOY.{@namespace}.{node.Id}", request);

    internal Task<string> RefusedDeployAsync(NodeUnderTest node, string request, string @namespace = "default") =>
        RefusedAsync($"$NEX.DEPLOY.{@namespace}.{node.Id}", request);

    internal Task<JsonElement> StopAsync(NodeUnderTest node, string id, string name, string @namespace = "default") =>
        DoAsync($"$NEX.STOP.{@namespace}.{node.Id}", StopRequest(node, id, Jwt(name)));

    /// <summary>Listens; what is published is in what it returns, from the time on that it returns.</summary>
    internal async Task<Milestones<Heard>> ListenAsync(string subject)
    {
        var heard = new Milestones<Heard>();
        INatsSub<byte[]> subscription = await Connection.SubscribeCoreAsync<byte[]>(
            subject, opts: new NatsSubOpts { ChannelOpts = new NatsSubChannelOpts { Capacity = 1_000_000 } });
        _listening.Add(ReadAsync());
        _ = await Connection.PingAsync();
        return heard;

        async Task ReadAsync()
        {
            try
            {
                await foreach (NatsMsg<byte[]> message in subscription.Msgs.ReadAllAsync(_over.Token))
                {
                    heard.Add(new Heard(message.Subject, Encoding.UTF8.GetString(message.Data ?? [])));
                }
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        }
    }

    /// <summary>Puts an artifact into an object store, which is made where it is missing.</summary>
    internal async Task UploadAsync(string key, byte[] content, string bucket = Bucket)
    {
        INatsObjStore store = await Connection.CreateObjectStoreContext().CreateObjectStoreAsync(bucket).Within();
        _ = await store.PutAsync(key, content).Within();
    }

    /// <summary>A deploy request of the Go client, changed by the test.</summary>
    internal string RunRequest(NodeUnderTest node, string name, string key, Action<JsonObject>? change = null, string[]? argv = null, string? jwt = null)
    {
        var request = new JsonObject
        {
            ["argv"] = new JsonArray([.. (argv ?? [""]).Select(argument => (JsonNode)argument)]),
            ["description"] = "Workload published in devmode",
            ["type"] = "elf",
            ["location"] = new JsonObject
            {
                ["Scheme"] = "nats",
                ["Opaque"] = "",
                ["User"] = null,
                ["Host"] = Bucket,
                ["Path"] = $"/{key}",
                ["RawPath"] = "",
                ["OmitHost"] = false,
                ["ForceQuery"] = false,
                ["RawQuery"] = "",
                ["Fragment"] = "",
                ["RawFragment"] = "",
            },
            ["essential"] = false,
            ["workload_jwt"] = jwt ?? Jwt(name, "abc12345TODOmakethisreal"),
            ["environment"] = _sealed.GetOrAdd(node.Id, _ => Seal(node, "{}")),
            ["jsdomain"] = "",
            ["sender_public_key"] = Xkey.GetPublicKey(),
            ["target_node"] = node.Id,
        };
        change?.Invoke(request);
        return request.ToJsonString();
    }

    internal static string StopRequest(NodeUnderTest node, string id, string jwt) =>
        new JsonObject { ["workload_id"] = id, ["workload_jwt"] = jwt, ["target_node"] = node.Id }.ToJsonString();

    internal string Seal(NodeUnderTest node, string environment) =>
        Convert.ToBase64String(Xkey.Seal(Encoding.UTF8.GetBytes(environment), node.Identity.PublicXkey));

    /// <summary>A JWT, signed; by default now.</summary>
    internal string Jwt(string subject, string? hash = null, Action<JsonObject>? change = null, KeyPair? signer = null)
    {
        var nats = new JsonObject { ["version"] = 2 };
        if (hash is not null)
        {
            nats["hash"] = hash;
        }

        var claims = new JsonObject
        {
            ["jti"] = Guid.NewGuid().ToString("n"),
            ["iat"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
            ["iss"] = Issuer,
            ["sub"] = subject,
            ["nats"] = nats,
        };
        change?.Invoke(claims);
        string signed = $"{Encode("""{"typ":"JWT","alg":"ed25519-nkey"}""")}.{Encode(claims.ToJsonString())}";
        byte[] signature = new byte[64];
        (signer ?? Account).Sign(Encoding.ASCII.GetBytes(signed), signature);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";

        static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(_listening).Within();
        await Connection.DisposeAsync().Within();
        Account.Dispose();
        Xkey.Dispose();
        _over.Dispose();
    }
}
