using System.Runtime.InteropServices;

namespace Nex.Protocol.JsonRpc;

/// <summary>A link over any stream that goes both ways.</summary>
internal sealed class StreamLink(Stream stream) : Link
{
    internal override ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        buffer.IsEmpty ? ValueTask.FromResult(0) : stream.ReadAsync(buffer, cancellationToken);

    internal override async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> bytes, SafeHandle? handle, CancellationToken cancellationToken)
    {
        if (handle is not null)
        {
            return false;
        }

        await stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    public override ValueTask DisposeAsync() => stream.DisposeAsync();
}
