using System.Text.Json;
using CloudNative.CloudEvents;
using Nex.Control;
using Nex.Control.Events;
using Nex.Control.Messages;

namespace Nex.Client.Streams;

/// <summary>Reads events of nodes.</summary>
internal static class NodeEventReader
{
    // $NEX.events.{namespace}.{type}
    private const int Tokens = 4;

    /// <returns>Null when it is no event.</returns>
    internal static NodeEvent? Read(string subject, byte[] payload, DateTimeOffset now)
    {
        if (subject.Split('.') is not { Length: Tokens } tokens || TryRead(payload) is not { } envelope)
        {
            return null;
        }

        JsonElement data = envelope.Data is JsonElement element ? element : default;
        return new NodeEvent
        {
            Namespace = tokens[2],
            Type = envelope.Type ?? tokens[3],
            Source = envelope.Source?.OriginalString ?? "",
            Id = envelope.Id ?? "",
            Time = envelope.Time ?? now,
            Data = data,
            Details = TryDetail(envelope.Type ?? tokens[3], data),
        };
    }

    private static CloudEvent? TryRead(byte[] payload)
    {
        try
        {
            return EventEnvelope.Read(payload);
        }
        catch (ControlException)
        {
            return null;
        }
    }

    private static object? TryDetail(string type, JsonElement data)
    {
        if (data.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        try
        {
            return type switch
            {
                EventTypes.NodeStarted => data.Deserialize(ControlJsonContext.Default.NodeStarted),
                EventTypes.NodeStopped => data.Deserialize(ControlJsonContext.Default.NodeStopped),
                EventTypes.NodeEnteredLameDuck => data.Deserialize(ControlJsonContext.Default.NodeEnteredLameDuck),
                EventTypes.Heartbeat => data.Deserialize(ControlJsonContext.Default.Heartbeat),
                EventTypes.WorkloadStarted => data.Deserialize(ControlJsonContext.Default.WorkloadStarted),
                EventTypes.WorkloadStopped => data.Deserialize(ControlJsonContext.Default.WorkloadStopped),
                EventTypes.FunctionSucceeded => data.Deserialize(ControlJsonContext.Default.FunctionSucceeded),
                EventTypes.FunctionFailed => data.Deserialize(ControlJsonContext.Default.FunctionFailed),
                _ => null,
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
