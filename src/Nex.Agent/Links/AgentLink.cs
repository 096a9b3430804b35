using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;
using Nex.Linux.Sockets;
using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;

namespace Nex.Agent.Links;

/// <summary>
/// The agent's end of the link, driven by the one thread of the agent: nothing here waits. What does not fit into the socket now is kept
/// and sent when it has room.
/// </summary>
internal sealed class AgentLink : IDisposable
{
    /// <summary>
    /// Above this, output of the workload is no longer read, so that the workload waits instead of the agent's memory growing. Answers
    /// and the end of the workload are still written.
    /// </summary>
    private const int HighWater = 64 * 1024;

    private readonly SafeFileHandle _socket;
    private readonly FrameReader _reader = new(LinkLimits.ToAgent);
    private readonly FrameWriter _writer = new();
    private long _lastId;

    internal AgentLink(int descriptor)
    {
        _socket = new SafeFileHandle(descriptor, ownsHandle: true);
        Descriptor.CloseOnExec(_socket);
    }

    /// <summary>The file that came with the frames received last, until somebody takes it.</summary>
    private SafeFileHandle? _attachment;

    internal bool HasRoom => _writer.PendingBytes < HighWater;

    internal PollEntry PollEntry => new(_socket, _writer.PendingBytes > 0 ? PollEvents.Readable | PollEvents.Writable : PollEvents.Readable);

    internal FrameWriter Writer => _writer;

    /// <summary>
    /// Writes an <see cref="AgentHello"/>, and returns the id that its answer will have. By hand: what the serializer sets up to do it would
    /// stay in the memory of every warm agent.
    /// </summary>
    internal long WriteHello(string agentId, string version, IEnumerable<string> providers)
    {
        Utf8JsonWriter json = _writer.Begin();
        json.WriteNumber("id"u8, ++_lastId);
        json.WriteString("method"u8, AgentMethods.Hello);
        json.WriteStartObject("params"u8);
        json.WriteString("agent_id"u8, agentId);
        json.WriteNumber("protocol"u8, AgentHello.CurrentProtocol);
        json.WriteString("version"u8, version);
        json.WriteStartArray("providers"u8);
        foreach (string provider in providers)
        {
            json.WriteStringValue(provider);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        _writer.End();
        return _lastId;
    }

    /// <summary>Writes a request, and returns the id that its answer will have.</summary>
    internal long WriteRequest<T>(string method, T parameters, JsonTypeInfo<T> type)
    {
        _writer.WriteRequest(++_lastId, method, parameters, type);
        return _lastId;
    }

    /// <summary>
    /// Sends as much of what was written as the socket takes. Where nobody is left to read it, it is dropped: the next receive finds the
    /// end, which is the usual one.
    /// </summary>
    internal void Flush()
    {
        try
        {
            while (_writer.PendingBytes > 0 && SocketMessage.TrySend(_socket, _writer.Pending.Span) is { } sent)
            {
                _writer.Sent(sent);
            }
        }
        catch (LinuxException failure) when (failure.Errno is Errno.BrokenPipe or Errno.ConnectionReset)
        {
            _writer.Dispose();
        }
    }

    /// <summary>Receives what is there.</summary>
    /// <returns>False at the end of the link.</returns>
    internal bool Receive()
    {
        int? received = SocketMessage.TryReceive(_socket, _reader.GetMemory().Span, out SafeFileHandle? attachment);
        if (attachment is not null)
        {
            _attachment?.Dispose();
            _attachment = attachment;
        }

        _reader.Advance(received ?? 0);
        return received != 0;
    }

    /// <summary>The next complete message, valid until the next receive.</summary>
    internal bool TryRead(out JsonRpcMessage message)
    {
        bool read = _reader.TryRead(out ReadOnlyMemory<byte> frame);
        message = read ? JsonRpcMessage.Parse(frame) : default;
        if (!read)
        {
            _reader.ReleaseBuffer();
        }

        return read;
    }

    /// <summary>The file that travelled with a request, which the caller then owns.</summary>
    internal SafeFileHandle? TakeAttachment()
    {
        SafeFileHandle? attachment = _attachment;
        _attachment = null;
        return attachment;
    }

    public void Dispose()
    {
        _attachment?.Dispose();
        _reader.Dispose();
        _writer.Dispose();
        _socket.Dispose();
    }
}
