using System.Text.Json;
using Nex.Node.Configuration.Keys;
using Nex.Node.Servers;

namespace Nex.Node.Configuration;

/// <summary>
/// Reads the options of a public nats-server: by the names that the JSON of the server's own Go options has, and those of its configuration
/// file; in either case.
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
        (["http_host"], "http_host", Kind.Text),
        (["http_port"], "http_port", Kind.Number),
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

    /// <summary>All names that are understood, as documentation lists them.</summary>
    internal static IEnumerable<string> Names => Options.SelectMany(option => option.Names);

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
        int index = Array.FindIndex(Options, option => option.Names.Contains(member.Name, StringComparer.OrdinalIgnoreCase));
        string path = $"{NatsKeys.PublicServer.Path}.{ConfigurationValues.Clip(member.Name)}";
        if (index < 0)
        {
            values.AddWarning($"{path} is an option of nats-server that is not known here, and has no effect.");
            return;
        }

        (string expected, object? value) = ReadValue(Options[index].Kind, member.Value);
        if (value is null)
        {
            values.AddFault(NatsKeys.PublicServer.Path, path, $"expected {expected}.");
        }
        else
        {
            options[Options[index].Option] = value;
        }
    }

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
