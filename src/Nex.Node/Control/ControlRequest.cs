using System.Diagnostics;
using NATS.Client.Core;
using Nex.Node.Connections;

namespace Nex.Node.Control;

/// <summary>A request that has come, with its bytes, which are given back when it is disposed of.</summary>
internal sealed class ControlRequest(NatsMsg<NatsMemoryOwner<byte>> message, ConnectionId connection) : IDisposable
{
    /// <summary>The namespace, in the subjects that have one: <c>$NEX.KIND.{namespace}…</c>.</summary>
    internal string Namespace => Token(2);

    /// <summary>The workload that is asked for, in the subjects that have one; empty otherwise.</summary>
    internal string Workload => Token(3);

    internal ReadOnlyMemory<byte> Payload { get; } = message.Data.Length == 0 ? default : message.Data.Memory;

    /// <summary>Null where nobody waits for an answer.</summary>
    internal string? ReplyTo => string.IsNullOrEmpty(message.ReplyTo) ? null : message.ReplyTo;

    /// <summary>The one that it came on.</summary>
    internal ConnectionId Connection => connection;

    /// <summary>The span of the client, in the W3C format.</summary>
    internal ActivityContext Parent =>
        message.Headers is { } headers && headers.TryGetLastValue("traceparent", out string? parent)
        && ActivityContext.TryParse(parent, headers.TryGetLastValue("tracestate", out string? state) ? state : null, isRemote: true, out ActivityContext context)
            ? context
            : default;

    public void Dispose() => message.Data.Dispose();

    private string Token(int index)
    {
        ReadOnlySpan<char> rest = message.Subject;
        for (; index > 0; index--)
        {
            int dot = rest.IndexOf('.');
            if (dot < 0)
            {
                return "";
            }

            rest = rest[(dot + 1)..];
        }

        int end = rest.IndexOf('.');
        return (end < 0 ? rest : rest[..end]).ToString();
    }
}
