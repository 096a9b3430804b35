using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using NATS.NKeys;

namespace Nex.Node.Tests.Connections;

/// <summary>An operator of a NATS system with accounts and users, whose JWTs are signed by those above them, as <c>nsc</c> makes them.</summary>
internal sealed class TestOperator : IDisposable
{
    private readonly KeyPair _key = KeyPair.CreatePair(PrefixByte.Operator);
    private readonly KeyPair _system = KeyPair.CreatePair(PrefixByte.Account);
    private readonly List<(KeyPair Key, string Jwt)> _accounts = [];

    internal TestOperator() => AddAccount(_system, "SYS", jetStream: false);

    /// <summary>The configuration of a server that knows the accounts.</summary>
    internal string ServerConfiguration
    {
        get
        {
            string jwt = Sign(_key, _key, "operator", new JsonObject { ["type"] = "operator" });
            string accounts = string.Join("\n", _accounts.Select(account => $"{account.Key.GetPublicKey()}: {account.Jwt}"));
            return $"operator: {jwt}\nsystem_account: {_system.GetPublicKey()}\nresolver: MEMORY\nresolver_preload: {{\n{accounts}\n}}\n";
        }
    }

    internal KeyPair AddAccount(string name)
    {
        var key = KeyPair.CreatePair(PrefixByte.Account);
        AddAccount(key, name, jetStream: true);
        return key;
    }

    /// <param name="change">Changes the claims, such as when they end.</param>
    internal static (string Jwt, string Seed) MakeUser(KeyPair account, Action<JsonObject>? change = null)
    {
        using KeyPair key = KeyPair.CreatePair(PrefixByte.User);
        var claims = new JsonObject { ["type"] = "user", ["subs"] = -1, ["data"] = -1, ["payload"] = -1 };
        return (Sign(account, key, "user", claims, change), key.GetSeed());
    }

    /// <summary>What a credentials file has in it.</summary>
    internal static string Credentials((string Jwt, string Seed) user) =>
        $"-----BEGIN NATS USER JWT-----\n{user.Jwt}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n{user.Seed}\n------END USER NKEY SEED------\n";

    public void Dispose()
    {
        _key.Dispose();
        foreach ((KeyPair key, _) in _accounts)
        {
            key.Dispose();
        }
    }

    private void AddAccount(KeyPair key, string name, bool jetStream)
    {
        int room = jetStream ? -1 : 0;
        var limits = new JsonObject
        {
            ["subs"] = -1,
            ["data"] = -1,
            ["payload"] = -1,
            ["imports"] = -1,
            ["exports"] = -1,
            ["wildcards"] = true,
            ["conn"] = -1,
            ["leaf"] = -1,
            ["mem_storage"] = room,
            ["disk_storage"] = room,
            ["streams"] = room,
            ["consumer"] = room,
        };
        _accounts.Add((key, Sign(_key, key, name, new JsonObject { ["type"] = "account", ["limits"] = limits })));
    }

    private static string Sign(KeyPair issuer, KeyPair subject, string name, JsonObject nats, Action<JsonObject>? change = null)
    {
        nats["version"] = 2;
        var claims = new JsonObject
        {
            ["jti"] = Guid.NewGuid().ToString("n"),
            ["iat"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
            ["iss"] = issuer.GetPublicKey(),
            ["name"] = name,
            ["sub"] = subject.GetPublicKey(),
            ["nats"] = nats,
        };
        change?.Invoke(claims);
        string signed = $"{Encode("""{"typ":"JWT","alg":"ed25519-nkey"}""")}.{Encode(claims.ToJsonString())}";
        byte[] signature = new byte[64];
        issuer.Sign(Encoding.ASCII.GetBytes(signed), signature);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";

        static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
    }
}
