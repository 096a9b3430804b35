using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.SystemTextJson;

namespace Nex.Control.Events;

/// <summary>Events in the JSON format of CloudEvents 1.0.</summary>
internal static class EventEnvelope
{
    private static readonly ElementFormatter Formatter = new();

    /// <param name="source">The node's id, or the workload's for what an agent says.</param>
    internal static byte[] Write<T>(string type, string source, T data, JsonTypeInfo<T> json, DateTimeOffset time)
    {
        var envelope = new CloudEvent
        {
            Id = Guid.NewGuid().ToString(),
            Type = type,
            Source = new Uri(source, UriKind.Relative),
            Time = time,
            DataContentType = "application/json",
            Data = JsonSerializer.SerializeToElement(data, json),
        };
        return Formatter.EncodeStructuredModeMessage(envelope, out _).ToArray();
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

    /// <summary>Writes data that is JSON already, without the reflection that the library would use.</summary>
    private sealed class ElementFormatter : JsonEventFormatter
    {
        protected override void EncodeStructuredModeData(CloudEvent cloudEvent, Utf8JsonWriter writer)
        {
            writer.WritePropertyName("data");
            ((JsonElement)cloudEvent.Data!).WriteTo(writer);
        }
    }
}
