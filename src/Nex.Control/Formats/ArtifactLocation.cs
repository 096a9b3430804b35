using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nex.Control.Formats;

/// <summary>
/// Where an artifact is: a key in a JetStream object store, <c>nats://BUCKET/KEY</c>. On the wire it is an object with the parts of a
/// URL; a plain string is read as well. Nothing is checked before <see cref="TryFind"/>.
/// </summary>
/// <param name="Scheme">The scheme of the URL; <c>nats</c>.</param>
/// <param name="Host">The bucket.</param>
/// <param name="Path">A slash and the key.</param>
[JsonConverter(typeof(ArtifactLocationConverter))]
internal sealed record ArtifactLocation(string Scheme, string Host, string Path)
{
    internal const string NatsScheme = "nats";

    // Both become parts of subjects. A NATS server ends the connection of who sends it a line of more than 4,096 bytes.
    private const int MaxBucketCharacters = 255;
    private const int MaxKeyBytes = 1024;

    internal static ArtifactLocation Of(string bucket, string key) => new(NatsScheme, bucket, "/" + key);

    /// <summary>Takes a URL apart as it is written: case and escapes of bucket and key are kept, which a <see cref="Uri"/> would not.</summary>
    internal static ArtifactLocation Parse(string url)
    {
        int scheme = url.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0)
        {
            return new ArtifactLocation("", "", url);
        }

        string rest = url[(scheme + 3)..];
        int slash = rest.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? new(url[..scheme], rest, "") : new(url[..scheme], rest[..slash], Uri.UnescapeDataString(rest[slash..]));
    }

    /// <returns>What is wrong with it; null when bucket and key are found.</returns>
    internal string? TryFind(out string bucket, out string key)
    {
        bucket = Host;
        key = Path.StartsWith('/') ? Path[1..] : Path;
        if (Scheme != NatsScheme)
        {
            return $"its scheme is '{Scheme}': only nats://BUCKET/KEY can be fetched";
        }

        if (bucket.Length == 0 || !bucket.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_'))
        {
            return $"'{bucket}' is no name of a bucket: use letters, digits, hyphens and underscores";
        }

        if (bucket.Length > MaxBucketCharacters || Encoding.UTF8.GetByteCount(key) > MaxKeyBytes)
        {
            return $"a bucket has at most {MaxBucketCharacters} characters, and a key at most {MaxKeyBytes} bytes";
        }

        return key.Length == 0 || key.Any(char.IsControl) ? "it names no key: write nats://BUCKET/KEY" : null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Scheme}://{Host}{Path}";
}

internal sealed class ArtifactLocationConverter : JsonConverter<ArtifactLocation>
{
    public override ArtifactLocation Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return ArtifactLocation.Parse(reader.GetString()!);
        }

        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        JsonElement parts = document.RootElement;
        return parts.ValueKind == JsonValueKind.Object
            ? new ArtifactLocation(Text(parts, "Scheme"), Text(parts, "Host"), Text(parts, "Path"))
            : throw new JsonException("A location is a URL, as a string or as an object of its parts.");
    }

    public override void Write(Utf8JsonWriter writer, ArtifactLocation value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("Scheme", value.Scheme);
        writer.WriteString("Opaque", "");
        writer.WriteNull("User");
        writer.WriteString("Host", value.Host);
        writer.WriteString("Path", value.Path);
        writer.WriteString("RawPath", "");
        writer.WriteBoolean("OmitHost", false);
        writer.WriteBoolean("ForceQuery", false);
        writer.WriteString("RawQuery", "");
        writer.WriteString("Fragment", "");
        writer.WriteString("RawFragment", "");
        writer.WriteEndObject();
    }

    private static string Text(JsonElement parts, string name)
    {
        if (!parts.TryGetProperty(name, out JsonElement value))
        {
            return "";
        }

        return value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new JsonException($"The {name} of a location must be a string.");
    }
}
