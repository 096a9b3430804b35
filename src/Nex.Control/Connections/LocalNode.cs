using System.Text.Json;

namespace Nex.Control.Connections;

/// <summary>
/// How a node's private nats-server is found on this machine: the node writes a context, as those of the <c>nats</c> tool are, into its
/// directory, and clients of the same user read it there. It is there only while the node runs.
/// </summary>
/// <param name="Url">Where the server listens.</param>
/// <param name="NKeyFile">A file with the seed of the nkey that it lets in.</param>
public sealed record LocalNode(string Url, string NKeyFile)
{
    private const string ContextName = "nats.context.json";
    private const string KeyName = "nats.nk";

    /// <summary>
    /// Where a node keeps what is its own, unless it is told otherwise: <c>/var/lib/nex</c> for root, <c>$XDG_DATA_HOME/nex</c> or
    /// <c>~/.local/share/nex</c> for others.
    /// </summary>
    public static string DefaultDirectory
    {
        get
        {
            if (Environment.IsPrivilegedProcess)
            {
                return "/var/lib/nex";
            }

            string? data = Environment.GetEnvironmentVariable("XDG_DATA_HOME");
            return Path.IsPathFullyQualified(data ?? "")
                ? Path.Combine(data!, "nex")
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share", "nex");
        }
    }

    /// <summary>The context of the node with that directory: a file that <c>nats</c> and <c>nex</c> can take.</summary>
    public static string ContextFile(string directory) => Path.Combine(directory, ContextName);

    /// <summary>Reads the context of the node with that directory.</summary>
    /// <returns>Null where no node with a private server runs there, or where this user may not read it.</returns>
    public static LocalNode? Find(string directory)
    {
        try
        {
            using JsonDocument context = JsonDocument.Parse(File.ReadAllBytes(ContextFile(directory)));
            JsonElement root = context.RootElement;
            return root.ValueKind == JsonValueKind.Object && Text(root, "url") is { } url && Text(root, "nkey") is { } key ? new LocalNode(url, key) : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes the key and the context, with mode 0600.</summary>
    internal static LocalNode Write(string directory, string url, string seed)
    {
        var node = new LocalNode(url, Path.Combine(directory, KeyName));
        PrivateFile.Write(node.NKeyFile, System.Text.Encoding.ASCII.GetBytes(seed + "\n"));
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("description", "The private nats-server of a Nex node");
            json.WriteString("url", node.Url);
            json.WriteString("nkey", node.NKeyFile);
            json.WriteEndObject();
        }

        PrivateFile.Write(ContextFile(directory), bytes.ToArray());
        return node;
    }

    /// <summary>The server has ended: clients must not look for it any more.</summary>
    internal static void Remove(string directory)
    {
        File.Delete(ContextFile(directory));
        File.Delete(Path.Combine(directory, KeyName));
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
