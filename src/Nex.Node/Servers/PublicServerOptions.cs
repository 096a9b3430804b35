using System.Text.Json;

namespace Nex.Node.Servers;

/// <summary>A nats-server that a node starts for others as well. Options are named as in the configuration file of nats-server.</summary>
internal sealed record PublicServerOptions
{
    internal const string Host = "host";
    internal const string Port = "port";
    internal const string HttpHost = "http_host";
    internal const string HttpPort = "http_port";
    internal const string JetStream = "jetstream";
    internal const string StoreDirectory = "store_dir";
    internal const string MaxStore = "max_file_store";
    internal const string MaxMemory = "max_memory_store";
    internal const string Domain = "domain";
    internal const string User = "user";
    internal const string Password = "password";
    internal const string Token = "token";

    private const string Authorization = "authorization";

    private static readonly string[] OfJetStream = [JetStream, StoreDirectory, MaxStore, MaxMemory, Domain];
    private static readonly string[] OfAuthorization = [User, Password, Token];
    private static readonly string[] AsksForMore = [Authorization, "accounts", "operator", "trusted_keys"];

    // These are put together with others.
    private static readonly string[] WrittenApart = [Port, HttpHost, HttpPort, .. OfJetStream, .. OfAuthorization];

    /// <summary>A path, or a name that is looked up.</summary>
    internal required string Program { get; init; }

    /// <summary>Its own: its configuration, and what JetStream keeps where no other directory is named.</summary>
    internal required string Directory { get; init; }

    /// <summary>Texts, numbers and truths, and JSON that is passed on, by name.</summary>
    internal required IReadOnlyDictionary<string, object> Options { get; init; }

    /// <summary>Whether a client must say who it is.</summary>
    internal bool HasAuthorization => OfAuthorization.Concat(AsksForMore).Any(Options.ContainsKey);

    internal string? Find(string option) => Options.GetValueOrDefault(option) as string;

    /// <summary>What a client gets in with, where one is enough for all.</summary>
    internal string? FindLogin(string option) =>
        Find(option)
        ?? (Options.GetValueOrDefault(Authorization) is JsonElement { ValueKind: JsonValueKind.Object } block
            && block.TryGetProperty(option, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null);

    internal NatsServerDefinition Define() => new()
    {
        Name = "the public nats-server",
        Program = Program,
        Directory = Directory,
        WriteOptions = (json, port) =>
        {
            foreach ((string name, object value) in Options.Where(option => !WrittenApart.Contains(option.Key)))
            {
                Write(json, name, value);
            }

            json.WriteNumber(Port, port ?? Options.GetValueOrDefault(Port) as long? ?? NatsServerDefinition.StandardPort);
            WriteMonitoring(json);
            WriteJetStream(json);
            WriteAuthorization(json);
        },
    };

    private void WriteMonitoring(Utf8JsonWriter json)
    {
        if (Options.GetValueOrDefault(HttpPort) is not long port)
        {
            return;
        }

        if (Find(HttpHost) is { Length: > 0 } host)
        {
            json.WriteString("http", $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}");
        }
        else
        {
            json.WriteNumber(HttpPort, port);
        }
    }

    private void WriteJetStream(Utf8JsonWriter json)
    {
        JsonElement? block = Options.GetValueOrDefault(JetStream) as JsonElement?;
        if (block is null && Options.GetValueOrDefault(JetStream) is not true)
        {
            return;
        }

        json.WriteStartObject(JetStream);
        bool isPlaced = false;
        foreach (JsonProperty member in block?.EnumerateObject() ?? default)
        {
            isPlaced |= member.Name.StartsWith("store", StringComparison.OrdinalIgnoreCase);
            member.WriteTo(json);
        }

        if (!isPlaced)
        {
            json.WriteString(StoreDirectory, Find(StoreDirectory) ?? Path.Combine(Directory, "jetstream"));
        }

        foreach (string option in (string[])[MaxStore, MaxMemory, Domain])
        {
            if (Options.TryGetValue(option, out object? value))
            {
                Write(json, option, value);
            }
        }

        json.WriteEndObject();
    }

    private void WriteAuthorization(Utf8JsonWriter json)
    {
        if (!Options.ContainsKey(Authorization) && OfAuthorization.Any(Options.ContainsKey))
        {
            json.WriteStartObject(Authorization);
            foreach (string option in OfAuthorization.Where(Options.ContainsKey))
            {
                Write(json, option, Options[option]);
            }

            json.WriteEndObject();
        }
    }

    private static void Write(Utf8JsonWriter json, string name, object value)
    {
        switch (value)
        {
            case JsonElement block:
                json.WritePropertyName(name);
                block.WriteTo(json);
                break;
            case bool flag:
                json.WriteBoolean(name, flag);
                break;
            case long number:
                json.WriteNumber(name, number);
                break;
            default:
                json.WriteString(name, (string)value);
                break;
        }
    }
}
