namespace Nex.Protocol.JsonRpc;

/// <summary>Why a request was not carried out. Codes from -32768 to -32000 are those of JSON-RPC 2.0; ours are positive.</summary>
internal readonly record struct JsonRpcError(int Code, string Message)
{
    internal const int InvalidRequest = -32600;
    internal const int MethodNotFound = -32601;
    internal const int InvalidParams = -32602;
    internal const int InternalError = -32603;
}

/// <summary>The other side answered a request with an error.</summary>
internal sealed class JsonRpcException(JsonRpcError error) : Exception(error.Message)
{
    internal int Code { get; } = error.Code;

    internal JsonRpcError Error => new(Code, Message);
}
