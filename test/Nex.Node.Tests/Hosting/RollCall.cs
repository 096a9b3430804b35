using NATS.Client.Core;
using Nex.Control.Connections;
using Nex.Control.Messages;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Hosting;

/// <summary>Asks all nodes who they are. A client takes those for all that answer soon; this waits for so many, however busy the host is.</summary>
internal static class RollCall
{
    /// <returns>The first answers, by the ids of the nodes.</returns>
    internal static async Task<IReadOnlyList<PingReply>> TakeAsync(NatsSettings settings, int count)
    {
        await using var connection = new NatsConnection(settings.ToOptions());
        string inbox = $"answers.{Guid.NewGuid():n}";
        await using INatsSub<byte[]> answers = await connection.SubscribeCoreAsync<byte[]>(inbox).Within();
        await connection.PublishAsync("$NEX.PING", Array.Empty<byte>(), replyTo: inbox).Within();
        var replies = new List<PingReply>();
        while (replies.Count < count)
        {
            byte[] answer = (await answers.Msgs.ReadAsync().Within($"{count} nodes answer")).Data!;
            replies.Add(Envelope.Open(answer, MessageTypes.Ping, ControlJsonContext.Default.PingReply));
        }

        return [.. replies.OrderBy(reply => reply.NodeId, StringComparer.Ordinal)];
    }
}
