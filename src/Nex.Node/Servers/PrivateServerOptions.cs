using NATS.NKeys;

namespace Nex.Node.Servers;

/// <summary>The nats-server that a node starts for itself, on the loopback interface.</summary>
internal sealed record PrivateServerOptions
{
    /// <summary>A path, or a name that is looked up.</summary>
    internal required string Program { get; init; }

    /// <summary>Its own: what JetStream keeps, and its configuration.</summary>
    internal required string Directory { get; init; }

    /// <summary>Null for one that is free.</summary>
    internal int? Port { get; init; }

    internal required long MaxPayload { get; init; }

    internal required long MaxConnections { get; init; }

    internal required long MaxStoreBytes { get; init; }

    internal required long MaxMemoryBytes { get; init; }

    /// <summary>The server that only the owner of an nkey can connect to. The key is new with each start, and the server knows only its public half.</summary>
    internal NatsServerDefinition Define(KeyPair user)
    {
        string publicKey = user.GetPublicKey();
        return new NatsServerDefinition
        {
            Name = "the private nats-server",
            Program = Program,
            Directory = Directory,
            WriteOptions = (json, port) =>
            {
                json.WriteString("host", "127.0.0.1");
                json.WriteNumber("port", port ?? Port ?? NatsServerDefinition.AnyPort);
                json.WriteNumber("max_payload", MaxPayload);
                json.WriteNumber("max_connections", MaxConnections);
                json.WriteStartObject("jetstream");
                json.WriteString("store_dir", Path.Combine(Directory, "jetstream"));
                json.WriteNumber("max_file_store", MaxStoreBytes);
                json.WriteNumber("max_memory_store", MaxMemoryBytes);
                json.WriteEndObject();
                json.WriteStartObject("authorization");
                json.WriteStartArray("users");
                json.WriteStartObject();
                json.WriteString("nkey", publicKey);
                json.WriteEndObject();
                json.WriteEndArray();
                json.WriteEndObject();
            },
        };
    }
}
