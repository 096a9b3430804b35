using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.SystemTextJson;

namespace Nex.Control.Events;

/// <summary>Events in the JSON format of CloudEvents 1.0.</summary>
internal static class EventEnvelope
{
    private static readonly JsonEventFormatter Formatter = new();

    // Text as it is where JSON allows it, as in everything else that a node says.
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="id">Unique to this event.</param>
    /// <param name="source">The node's id, or the workload's for what an agent says.</param>
    internal static byte[] Write<T>(Guid id, string type, string source, T data, JsonTypeInfo<T> json, DateTimeOffset time)
    {
        // Written here and not by the library, whose way to write data is by reflection, which a native program has not.
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, Writing))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("data");
            JsonSerializer.Serialize(writer, data, json);
            writer.WriteString("datacontenttype", "application/json");
            writer.WriteString("id", id);
            writer.WriteString("source", source);
            writer.WriteString("specversion", "1.0");
            writer.WriteString("time", time.UtcDateTime);
            writer.WriteString("type", type);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="ControlException">It is no CloudEvent.</exception>
    internal static CloudEvent Read(ReadOnlyMemory<byte> payload)
    {
        try
        {
            return Formatter.DecodeStructuredModeMessage(payload, contentType: null, extensionAttributes: null);
        }
        catch (Exception failure) when (failure is JsonException or ArgumentException or InvalidOperationException or FormatException)
        {
            throw new ControlException(ControlFault.UnreadableAnswer, $"What came is no CloudEvent: {failure.Message}", failure);
        }
    }
}
