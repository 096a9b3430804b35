using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;

namespace Nex.Protocol.Tests.Support;

internal static class PeerExtensions
{
    internal static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    internal static Task<long> PingAsync(this JsonRpcPeer peer, long sequence, string method = "ping") =>
        peer.PingUntilAsync(sequence, method, TestContext.Current.CancellationToken);

    internal static async Task<long> PingUntilAsync(this JsonRpcPeer peer, long sequence, string method, CancellationToken cancellationToken)
    {
        AgentPing answer = await peer.RequestAsync(
            method, new AgentPing { Sequence = sequence }, AgentJsonContext.Default.AgentPing, AgentJsonContext.Default.AgentPing, null, cancellationToken)
            .WaitAsync(Deadline, CancellationToken.None);
        return answer.Sequence;
    }

    internal static Task NotifyAsync(this JsonRpcPeer peer, long sequence) =>
        peer.NotifyAsync("note", new AgentPing { Sequence = sequence }, AgentJsonContext.Default.AgentPing)
            .WaitAsync(Deadline, TestContext.Current.CancellationToken);
}
