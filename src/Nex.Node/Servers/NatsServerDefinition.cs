using System.Text.Encodings.Web;
using System.Text.Json;
using Nex.Control.Connections;

namespace Nex.Node.Servers;

/// <summary>What a nats-server is started with.</summary>
internal sealed record NatsServerDefinition
{
    /// <summary>The server takes one that is free.</summary>
    internal const int AnyPort = -1;

    internal const int StandardPort = 4222;

    // nats-server takes JSON for its configuration, but knows no escapes of single characters.
    private static readonly JsonWriterOptions Format = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>For messages.</summary>
    internal required string Name { get; init; }

    /// <summary>A path, or a name that is looked up in PATH and in the directories of the system.</summary>
    internal required string Program { get; init; }

    /// <summary>Its own.</summary>
    internal required string Directory { get; init; }

    /// <summary>Writes the members of its configuration; the port is given where it has had one before.</summary>
    internal required Action<Utf8JsonWriter, int?> WriteOptions { get; init; }

    /// <summary>Writes its configuration, which only this user can read: there may be passwords in it.</summary>
    /// <returns>The path of it.</returns>
    internal string WriteConfiguration(int? port)
    {
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        _ = System.IO.Directory.CreateDirectory(Directory, ownerOnly);
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Format))
        {
            json.WriteStartObject();
            json.WriteBoolean("logtime", false);
            WriteOptions(json, port);
            json.WriteEndObject();
        }

        string path = Path.Combine(Directory, "server.conf");
        PrivateFile.Write(path, bytes.ToArray());
        return path;
    }
}
