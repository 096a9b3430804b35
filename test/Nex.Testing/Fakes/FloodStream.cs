using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;

namespace Nex.Testing.Fakes;

/// <summary>
/// A stream on which everything behind the first read is a frame of output, again and again, without ever a wait, until it is closed.
/// </summary>
internal sealed class FloodStream(Stream inner) : Stream
{
    private static readonly byte[] Frame = MakeFrame();

    private volatile bool _closed;
    private bool _flooding;
    private int _next;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (!_flooding)
        {
            _flooding = true;
            return await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }

        int count = Math.Min(buffer.Length, Frame.Length - _next);
        Frame.AsSpan(_next, count).CopyTo(buffer.Span);
        _next = (_next + count) % Frame.Length;
        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    protected override void Dispose(bool disposing)
    {
        _closed = true;
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private static byte[] MakeFrame()
    {
        using var writer = new FrameWriter();
        writer.WriteNotification(
            AgentMethods.Output,
            new AgentOutput { Lines = [new AgentOutputLine { Stream = AgentOutputLine.StandardOutput, Text = "more" }] },
            AgentJsonContext.Default.AgentOutput);
        return writer.Pending.ToArray();
    }
}
