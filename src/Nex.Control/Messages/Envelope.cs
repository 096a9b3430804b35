using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Nex.Control.Messages;

/// <summary>
/// What every answer is wrapped in: <c>{"type", "data"}</c>, and for a failure <c>{"type", "data": "", "error"}</c>.
/// </summary>
internal static class Envelope
{
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    internal static byte[] Success<T>(string type, T data, JsonTypeInfo<T> json) => Write(type, writer => JsonSerializer.Serialize(writer, data, json));

    internal static byte[] Failure(string type, string error) => Write(type, writer =>
    {
        writer.WriteStringValue("");
        writer.WriteString("error", error);
    });

    /// <exception cref="ControlException">It is an answer of failure, or none at all.</exception>
    internal static T Open<T>(ReadOnlyMemory<byte> answer, string type, JsonTypeInfo<T> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer);
            JsonElement root = document.RootElement;
            if (Text(root, "error") is { Length: > 0 } error)
            {
                throw new ControlException(ControlFault.Refused, error);
            }

            if (Text(root, "type") != type)
            {
                throw Unreadable($"its type is '{Text(root, "type")}', and not '{type}'");
            }

            JsonElement data = root.GetProperty("data");
            return HasGap(data) ? throw Unreadable("a list in it has nothing where something must be") : data.Deserialize(json) ?? throw Unreadable("its data is null");
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw Unreadable(failure.Message, failure);
        }
    }

    /// <summary>Whether a list has a null in it, which no list of the control API may; the serializer lets it pass.</summary>
    private static bool HasGap(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Array => json.EnumerateArray().Any(item => item.ValueKind == JsonValueKind.Null || HasGap(item)),
        JsonValueKind.Object => json.EnumerateObject().Any(property => HasGap(property.Value)),
        _ => false,
    };

    private static ControlException Unreadable(string why, Exception? inner = null) =>
        new(ControlFault.UnreadableAnswer, $"The answer is none of the control API: {why.TrimEnd('.')}.", inner);

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static byte[] Write(string type, Action<Utf8JsonWriter> writeData)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, Writing))
        {
            writer.WriteStartObject();
            writer.WriteString("type", type);
            writer.WritePropertyName("data");
            writeData(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
