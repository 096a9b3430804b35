using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Nex.Protocol.JsonRpc;

/// <summary>
/// The parts of one JSON-RPC 2.0 message, as slices of its frame. Exactly one of <see cref="Method"/>, <see cref="Result"/> and
/// <see cref="Error"/> is there.
/// </summary>
internal readonly record struct JsonRpcMessage
{
    /// <summary>The raw JSON of the id; empty for a notification.</summary>
    internal ReadOnlyMemory<byte> Id { get; private init; }

    internal string? Method { get; private init; }

    /// <summary>The raw JSON of the parameters; empty when there are none.</summary>
    internal ReadOnlyMemory<byte> Parameters { get; private init; }

    /// <summary>The raw JSON of the result; empty unless this is an answer.</summary>
    internal ReadOnlyMemory<byte> Result { get; private init; }

    internal JsonRpcError? Error { get; private init; }

    internal bool IsRequest => Method is not null && !Id.IsEmpty;

    /// <summary>The id as a number, as we number our own requests.</summary>
    internal bool TryGetNumber(out long number)
    {
        number = 0;
        return System.Buffers.Text.Utf8Parser.TryParse(Id.Span, out number, out int used) && used == Id.Length;
    }

    /// <exception cref="LinkException">The frame is no JSON-RPC 2.0 message.</exception>
    internal static JsonRpcMessage Parse(ReadOnlyMemory<byte> frame)
    {
        try
        {
            JsonRpcMessage message = ParseMembers(frame, out bool versioned);
            int kinds = (message.Method is not null ? 1 : 0) + (message.Result.IsEmpty ? 0 : 1) + (message.Error is not null ? 1 : 0);
            return versioned && kinds == 1 && (message.Method is not null || !message.Id.IsEmpty)
                ? message
                : throw Malformed("it is not one request, notification or answer", null);
        }
        catch (JsonException failure)
        {
            throw Malformed(failure.Message, failure);
        }
        catch (InvalidOperationException failure)
        {
            throw Malformed(failure.Message, failure);
        }
    }

    /// <summary>Reads raw JSON as a type of ours.</summary>
    /// <exception cref="LinkException">The JSON is not that type's.</exception>
    internal static T Read<T>(ReadOnlyMemory<byte> json, JsonTypeInfo<T> type, string what)
    {
        try
        {
            return (json.IsEmpty ? default : JsonSerializer.Deserialize(json.Span, type))
                ?? throw new LinkException(LinkFault.MalformedFrame, $"{what} has no content.");
        }
        catch (JsonException failure)
        {
            throw new LinkException(LinkFault.MalformedFrame, $"{what} is not as its method has it: {failure.Message}", failure);
        }
    }

    private static JsonRpcMessage ParseMembers(ReadOnlyMemory<byte> frame, out bool versioned)
    {
        versioned = false;
        var message = default(JsonRpcMessage);
        var reader = new Utf8JsonReader(frame.Span);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw Malformed("it is no JSON object", null);
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("jsonrpc"u8))
            {
                versioned = reader.Read() && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("2.0"u8);
            }
            else if (reader.ValueTextEquals("method"u8))
            {
                reader.Read();
                message = message with { Method = reader.GetString() };
            }
            else if (reader.ValueTextEquals("id"u8))
            {
                message = message with { Id = Slice(frame, ref reader) };
            }
            else if (reader.ValueTextEquals("params"u8))
            {
                message = message with { Parameters = Slice(frame, ref reader) };
            }
            else if (reader.ValueTextEquals("result"u8))
            {
                message = message with { Result = Slice(frame, ref reader) };
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                message = message with { Error = ParseError(ref reader) };
            }
            else
            {
                reader.Skip();
            }
        }

        // Reads on to the end, so that anything behind the object is found.
        return reader.Read() ? throw Malformed("there is something behind the object", null) : message;
    }

    private static ReadOnlyMemory<byte> Slice(ReadOnlyMemory<byte> frame, ref Utf8JsonReader reader)
    {
        reader.Read();
        int start = (int)reader.TokenStartIndex;
        reader.Skip();
        return frame[start..(int)reader.BytesConsumed];
    }

    /// <summary>Null, which some peers write beside a result, is no error.</summary>
    private static JsonRpcError? ParseError(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Malformed("its error is no object", null);
        }

        int code = JsonRpcError.InternalError;
        string text = "";
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("code"u8))
            {
                reader.Read();
                code = reader.TryGetInt32(out int number) ? number : code;
            }
            else if (reader.ValueTextEquals("message"u8))
            {
                reader.Read();
                text = reader.GetString() ?? "";
            }
            else
            {
                reader.Skip();
            }
        }

        return new JsonRpcError(code, text);
    }

    private static LinkException Malformed(string reason, Exception? inner) =>
        new(LinkFault.MalformedFrame, $"A frame was received that is no JSON-RPC 2.0 message: {reason}.", inner);
}
