using Microsoft.Win32.SafeHandles;
using Nex.Agent.Messages;
using Nex.Linux;
using Nex.Linux.Sockets;
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

    private readonly SafeFileHandle _descriptor;
    private readonly bool _isSocket;
    private readonly FrameReader _reader = new(LinkLimits.ToAgent);
    private readonly FrameWriter _writer = new();

    /// <param name="descriptor">An end that never waits, or a socket.</param>
    /// <param name="isSocket">Only sockets carry files, and are asked for less than the whole without waiting.</param>
    internal AgentLink(SafeFileHandle descriptor, bool isSocket)
    {
        _descriptor = descriptor;
        _isSocket = isSocket;
        Messages = new AgentMessageWriter(_writer);
    }

    /// <summary>Takes over the descriptor of a socket that was inherited.</summary>
    internal static AgentLink Inherited(int descriptor)
    {
        var socket = new SafeFileHandle(descriptor, ownsHandle: true);
        Descriptor.CloseOnExec(socket);
        return new AgentLink(socket, isSocket: true);
    }

    /// <summary>The file that came with the frames received last, until somebody takes it.</summary>
    private SafeFileHandle? _attachment;

    internal bool HasRoom => _writer.PendingBytes < HighWater;

    internal PollEntry PollEntry => new(_descriptor, _writer.PendingBytes > 0 ? PollEvents.Readable | PollEvents.Writable : PollEvents.Readable);

    /// <summary>Where frames are written.</summary>
    internal FrameWriter Writer => _writer;

    /// <summary>Writes the messages of an agent.</summary>
    internal AgentMessageWriter Messages { get; }

    /// <summary>
    /// Sends as much of what was written as the socket takes. Where nobody is left to read it, it is dropped: the next receive finds the
    /// end, which is the usual one.
    /// </summary>
    internal void Flush()
    {
        try
        {
            while (_writer.PendingBytes > 0 && TrySend(_writer.Pending.Span) is { } sent)
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
        int? received = TryReceive(_reader.GetMemory().Span, out SafeFileHandle? attachment);
        if (attachment is not null)
        {
            _attachment?.Dispose();
            _attachment = attachment;
        }

        _reader.Advance(received ?? 0);
        return received != 0;
    }

    private int? TrySend(ReadOnlySpan<byte> bytes) =>
        _isSocket ? SocketMessage.TrySend(_descriptor, bytes) : Descriptor.TryWrite(_descriptor, bytes);

    private int? TryReceive(Span<byte> buffer, out SafeFileHandle? attachment)
    {
        if (_isSocket)
        {
            return SocketMessage.TryReceive(_descriptor, buffer, out attachment);
        }

        attachment = null;
        return Descriptor.Read(_descriptor, buffer);
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
        _descriptor.Dispose();
    }
}
