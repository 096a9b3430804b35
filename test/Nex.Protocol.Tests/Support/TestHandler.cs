using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;

namespace Nex.Protocol.Tests.Support;

/// <summary>Answers pings with what was sent, refuses everything else, and keeps the notifications.</summary>
internal sealed class TestHandler : IJsonRpcHandler
{
    internal const int Refused = 17;

    private readonly List<long> _notified = [];

    /// <summary>What to do with a request instead; null from it answers as usual.</summary>
    internal Func<string, JsonRpcReply?>? Instead { get; init; }

    /// <summary>The numbers of the notifications so far, in their order.</summary>
    internal IReadOnlyList<long> Notified
    {
        get
        {
            lock (_notified)
            {
                return [.. _notified];
            }
        }
    }

    /// <summary>How many requests have come.</summary>
    internal int Requests { get; private set; }

    public JsonRpcReply OnRequest(string method, ReadOnlyMemory<byte> parameters)
    {
        Requests++;
        if (Instead?.Invoke(method) is { } reply)
        {
            return reply;
        }

        return method == "ping"
            ? JsonRpcReply.Result(Read(parameters), AgentJsonContext.Default.AgentPing)
            : JsonRpcReply.Error(Refused, $"No '{method}' here.");
    }

    public void OnNotification(string method, ReadOnlyMemory<byte> parameters)
    {
        AgentPing ping = Read(parameters);
        lock (_notified)
        {
            _notified.Add(ping.Sequence);
        }
    }

    private static AgentPing Read(ReadOnlyMemory<byte> parameters) =>
        JsonRpcMessage.Read(parameters, AgentJsonContext.Default.AgentPing, "The ping");
}
