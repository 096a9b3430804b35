using System.Text.Json.Serialization.Metadata;

namespace Nex.Protocol.JsonRpc;

/// <summary>The answer to a request of the other side.</summary>
internal abstract class JsonRpcReply
{
    internal static JsonRpcReply Result<T>(T result, JsonTypeInfo<T> type) => new ResultReply<T>(result, type);

    internal static JsonRpcReply Error(int code, string message) => new ErrorReply(new JsonRpcError(code, message));

    internal abstract void Write(FrameWriter writer, ReadOnlyMemory<byte> id);

    private sealed class ResultReply<T>(T result, JsonTypeInfo<T> type) : JsonRpcReply
    {
        internal override void Write(FrameWriter writer, ReadOnlyMemory<byte> id) => writer.WriteResult(id, result, type);
    }

    private sealed class ErrorReply(JsonRpcError error) : JsonRpcReply
    {
        internal override void Write(FrameWriter writer, ReadOnlyMemory<byte> id) => writer.WriteError(id, error);
    }
}

/// <summary>What a peer does with what the other side sends. Called one message at a time, in order, by the peer's reader.</summary>
internal interface IJsonRpcHandler
{
    /// <summary>Answers a request. The parameters are valid only during the call.</summary>
    /// <exception cref="LinkException">The parameters are malformed: the link ends.</exception>
    JsonRpcReply OnRequest(string method, ReadOnlyMemory<byte> parameters);

    /// <summary>Takes a notification; one it does not know is ignored. The parameters are valid only during the call.</summary>
    /// <exception cref="LinkException">The parameters are malformed: the link ends.</exception>
    void OnNotification(string method, ReadOnlyMemory<byte> parameters);
}
