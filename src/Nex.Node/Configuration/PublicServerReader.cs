using System.Text.Json;
using Nex.Node.Configuration.Keys;
using Nex.Node.Servers;

namespace Nex.Node.Configuration;

/// <summary>
/// Reads the options of a public nats-server: by the names that the JSON of the server's own Go options has, and those of its configuration
/// file; in either case. What only the file has is passed on as it is written, and the server says itself what is wrong with it.
/// </summary>
internal static class PublicServerReader
{
    private enum Kind
    {
        Text,
        Path,
        Number,
        Flag,
        Nanoseconds,
    }

    // What an option is called in a node's configuration, what it is called in the configuration file of nats-server, and its kind.
    private static readonly (string[] Names, string Option, Kind Kind)[] Options =
    [
        (["addr", "host"], PublicServerOptions.Host, Kind.Text),
        (["port"], PublicServerOptions.Port, Kind.Number),
        (["server_name", "name"], "server_name", Kind.Text),
        (["client_advertise"], "client_advertise", Kind.Text),
        (["http_host"], PublicServerOptions.HttpHost, Kind.Text),
        (["http_port", "monitor_port"], PublicServerOptions.HttpPort, Kind.Number),
        (["http_base_path"], "http_base_path", Kind.Text),
        (["max_connections"], "max_connections", Kind.Number),
        (["max_subscriptions"], "max_subscriptions", Kind.Number),
        (["max_control_line"], "max_control_line", Kind.Number),
        (["max_payload"], "max_payload", Kind.Number),
        (["max_pending"], "max_pending", Kind.Number),
        (["ping_interval"], "ping_interval", Kind.Nanoseconds),
        (["ping_max"], "ping_max", Kind.Number),
        (["debug"], "debug", Kind.Flag),
        (["trace"], "trace", Kind.Flag),
        (["jetstream"], PublicServerOptions.JetStream, Kind.Flag),
        (["store_dir"], PublicServerOptions.StoreDirectory, Kind.Path),
        (["jetstream_max_store", "max_file_store"], PublicServerOptions.MaxStore, Kind.Number),
        (["jetstream_max_memory", "max_memory_store"], PublicServerOptions.MaxMemory, Kind.Number),
        (["jetstream_domain", "domain"], PublicServerOptions.Domain, Kind.Text),
        (["username", "user"], PublicServerOptions.User, Kind.Text),
        (["password"], PublicServerOptions.Password, Kind.Text),
        (["authorization", "token"], PublicServerOptions.Token, Kind.Text),
    ];

    // Objects and arrays of the configuration file. The Go options have other things under some of these names.
    private static readonly string[] Blocks =
    [
        "accounts", "authorization", "cluster", "gateway", "jetstream", "leafnodes", "mappings", "mqtt", "ocsp", "operator", "resolver", "resolver_pinned_accounts",
        "resolver_preload", "resolver_tls", "server_tags", "tls", "trusted_keys", "websocket",
    ];

    // What else the configuration file has.
    private static readonly string[] Others =
    [
        "allow_non_tls", "connect_error_reports", "default_js_domain", "disable_sublist_cache", "http", "https", "https_port", "lame_duck_duration", "lame_duck_grace_period",
        "max_sub_tokens", "max_traced_msg_len", "no_auth_user", "no_header_support", "no_system_account", "operator", "pid_file", "ports_file_dir", "prof_port",
        "reconnect_error_reports", "resolver", "system_account", "trace_verbose", "write_deadline",
    ];

    // What the node itself could not work with.
    private static readonly (string[] Names, string Why)[] NotHonoured =
    [
        (["listen", "net"], "the node must know where the server is: say it with host and port"),
        (["log_file", "logfile", "logfile_size_limit", "logtime", "remote_syslog", "syslog"], "the node reads what the server writes, and passes it on to its own log"),
    ];

    /// <summary>All names that are understood, as documentation lists them.</summary>
    internal static IEnumerable<string> Names => [.. Options.SelectMany(option => option.Names), .. Blocks, .. Others, .. NotHonoured.SelectMany(option => option.Names)];

    internal static PublicServerOptions? Read(NodeConfiguration configuration, string directory, ConfigurationValues values)
    {
        if (!configuration.TryGet(NatsKeys.PublicServer, out JsonElement json))
        {
            return null;
        }

        var options = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (JsonProperty member in json.EnumerateObject().Where(member => member.Value.ValueKind != JsonValueKind.Null))
        {
            ReadOption(member, options, values);
        }

        return new PublicServerOptions { Program = configuration.Get(NatsKeys.ServerPath), Directory = directory, Options = options };
    }

    private static void ReadOption(JsonProperty member, Dictionary<string, object> options, ConfigurationValues values)
    {
        string path = $"{NatsKeys.PublicServer.Path}.{ConfigurationValues.Clip(member.Name)}";
        (string[]? Names, string Option, Kind Kind) known = Array.Find(Options, option => IsAmong(option.Names, member.Name));
        bool isBlock = member.Value.ValueKind == JsonValueKind.Object || (member.Value.ValueKind == JsonValueKind.Array && known.Names is null);
        if (isBlock && Find(Blocks, member.Name) is { } block)
        {
            PassOn(block, path, member.Value, options, values);
        }
        else if (known.Names is not null)
        {
            ReadKnown(known.Option, known.Kind, path, member.Value, options, values);
        }
        else if (Find(Others, member.Name) is { } other)
        {
            PassOn(other, path, member.Value, options, values);
        }
        else
        {
            string why = Array.Find(NotHonoured, option => IsAmong(option.Names, member.Name)).Why ?? "it is an option of nats-server that is not known here";
            values.AddWarning($"{path} has no effect: {why}.");
        }
    }

    private static void ReadKnown(string option, Kind kind, string path, JsonElement json, Dictionary<string, object> options, ConfigurationValues values)
    {
        (string expected, object? value) = ReadValue(kind, json);
        if (value is null)
        {
            values.AddFault(NatsKeys.PublicServer.Path, path, $"expected {expected}.");
        }
        else
        {
            options[option] = value;
        }
    }

    private static void PassOn(string option, string path, JsonElement json, Dictionary<string, object> options, ConfigurationValues values)
    {
        if (IsWritable(json))
        {
            options[option] = json.Clone();
        }
        else
        {
            values.AddFault(NatsKeys.PublicServer.Path, path, "there is a control character in it, which the configuration of nats-server cannot have.");
        }
    }

    private static string? Find(string[] names, string name) => Array.Find(names, each => each.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static bool IsAmong(string[] names, string name) => Find(names, name) is not null;

    private static bool IsWritable(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().All(member => IsText(member.Name) && IsWritable(member.Value)),
        JsonValueKind.Array => json.EnumerateArray().All(IsWritable),
        JsonValueKind.String => IsText(json.GetString()!),
        _ => true,
    };

    // Of the escapes of JSON, nats-server knows those of these only.
    private static bool IsText(string text) => !text.Any(character => char.IsControl(character) && character is not ('\t' or '\n' or '\r'));

    private static (string Expected, object? Value) ReadValue(Kind kind, JsonElement json)
    {
        string? text = json.ValueKind == JsonValueKind.String && !json.GetString()!.Any(char.IsControl) ? json.GetString() : null;
        long? number = json.ValueKind == JsonValueKind.Number && json.TryGetInt64(out long integer) && integer >= -1 ? integer : null;
        return kind switch
        {
            Kind.Text => ("a text", text),
            Kind.Path => ("a path", string.IsNullOrEmpty(text) ? null : Path.GetFullPath(text)),
            Kind.Flag => ("true or false", json.ValueKind is JsonValueKind.True or JsonValueKind.False ? json.GetBoolean() : null),
            Kind.Nanoseconds => ("a time in nanoseconds", number is null ? null : $"{number}ns"),
            _ => ("a whole number", number),
        };
    }
}
