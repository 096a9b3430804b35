using System.Text.Json;

namespace Nex.Node.Configuration.Keys;

/// <summary>Keys of the connection to NATS, and of the servers that the node starts.</summary>
internal static class NatsKeys
{
    internal static readonly KeyList List = new();

    internal static readonly ConfigurationKey<IReadOnlyList<string>> Servers = List.List(
        "nats.servers", "URLs such as nats://host:4222", IsUrl, "a private server", "The NATS system that the node joins. Where neither these nor a context are given, it starts a private server.");

    internal static readonly ConfigurationKey<string> Context = List.Text("nats.context", "none", "A context of the `nats` tool to take what follows from. What is given here wins over it.");

    internal static readonly ConfigurationKey<string> User = List.Text("nats.user", "none", "The user, with `password`.");

    internal static readonly ConfigurationKey<string> Password = List.Secret("nats.password", "Its password.");

    internal static readonly ConfigurationKey<string> Token = List.Secret("nats.token", "A token.");

    internal static readonly ConfigurationKey<string> Credentials = List.FilePath("nats.creds", "none", "A credentials file: a user JWT and its seed.");

    internal static readonly ConfigurationKey<string> NKey = List.FilePath("nats.nkey", "none", "A file with the seed of a user nkey.");

    internal static readonly ConfigurationKey<string> Jwt = List.Secret("nats.jwt", "A user JWT, with `nkey`.");

    internal static readonly ConfigurationKey<string> TlsCertificate = List.FilePath("nats.tls_cert", "none", "The client's certificate.");

    internal static readonly ConfigurationKey<string> TlsKey = List.FilePath("nats.tls_key", "none", "Its key.");

    internal static readonly ConfigurationKey<string> TlsAuthority = List.FilePath("nats.tls_ca", "those of the host", "The authorities that the server's certificate must come from.");

    internal static readonly ConfigurationKey<bool> TlsFirst = List.Flag("nats.tls_first", false, "Whether TLS begins before the server has said anything.");

    internal static readonly ConfigurationKey<string> InboxPrefix = List.Text("nats.inbox_prefix", "`_INBOX`", "The beginning of the subjects that answers come to.");

    internal static readonly ConfigurationKey<string> JetStreamDomain = List.Text("nats.js_domain", "none", "The JetStream domain of artifacts whose request names none.");

    internal static readonly ConfigurationKey<string> ServerPath = List.Program("nats_server.path", "nats-server", "The program of the servers that the node starts. It is also looked for in `/usr/sbin`.");

    internal static readonly ConfigurationKey<long> ServerPort = List.Integer(
        "nats_server.port", "one that is free", 1, 65535, "The port of the private server, on 127.0.0.1.");

    internal static readonly ConfigurationKey<long> ServerMaxPayload = List.Integer(
        "nats_server.max_payload", 1024 * 1024, 1024, 64 * 1024 * 1024, "The largest message in bytes that the private server takes.");

    internal static readonly ConfigurationKey<long> ServerMaxConnections = List.Integer(
        "nats_server.max_connections", 1024, 1, 1_000_000, "The most clients of the private server at once.");

    internal static readonly ConfigurationKey<long> ServerMaxStore = List.Integer(
        "nats_server.max_store_bytes", 10L * 1024 * 1024 * 1024, 1024 * 1024, long.MaxValue, "The most bytes that the private server's JetStream keeps on disk.");

    internal static readonly ConfigurationKey<long> ServerMaxMemory = List.Integer(
        "nats_server.max_memory_bytes", 64 * 1024 * 1024, 0, long.MaxValue, "The most bytes that it keeps in memory.");

    internal static readonly ConfigurationKey<JsonElement> PublicServer = List.Object(
        "public_nats_server", "Starts a nats-server with these options, which others can reach: see below. The node joins it where nothing else is given.");

    private static bool IsUrl(string text) =>
        Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : "nats://" + text, UriKind.Absolute, out Uri? url)
        && url.Scheme is "nats" or "tls" or "ws" or "wss"
        && url.Host.Length > 0;
}
