using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;

namespace Nex.ProcessManager.Launchers.MicroVms;

/// <summary>Hears that a guest which is nobody yet waits.</summary>
internal sealed class WaitingGuest : IJsonRpcHandler
{
    private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Task Waiting => _waiting.Task;

    public JsonRpcReply OnRequest(string method, ReadOnlyMemory<byte> parameters) =>
        JsonRpcReply.Error(JsonRpcError.MethodNotFound, "A guest that is nobody yet has nothing to ask.");

    public void OnNotification(string method, ReadOnlyMemory<byte> parameters)
    {
        if (method == AgentMethods.Waiting)
        {
            _waiting.TrySetResult();
        }
    }
}
