using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Nex.Testing.FirecrackerStandin.Vsock;

/// <summary>
/// One connection between a Unix socket of the host and a socket of the guest. Either direction holds at most <see cref="Window"/> bytes
/// that its reader has not taken: a slow reader stalls its own connection and no other.
/// </summary>
internal sealed class BridgeConnection
{
    internal const int Window = 65_536;

    private readonly Bridge _bridge;
    private readonly Socket _socket;
    private readonly Pipe _fromGuest = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly Credit _credit = new(Window);
    private readonly TaskCompletionSource<uint> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _notTaken;

    internal BridgeConnection(Bridge bridge, uint id, Socket socket)
    {
        _bridge = bridge;
        Id = id;
        _socket = socket;
    }

    internal uint Id { get; }

    /// <summary>Ends when the guest has accepted a connection of the host; fails where it does not.</summary>
    internal Task Opened => _opened.Task;

    /// <summary>Carries bytes until both directions have ended, or one is broken.</summary>
    internal async Task RunAsync()
    {
        Task toGuest = CarryToGuestAsync(), toHost = CarryToHostAsync();
        try
        {
            // The first that breaks takes the other with it.
            await (await Task.WhenAny(toGuest, toHost).ConfigureAwait(false)).ConfigureAwait(false);
            await Task.WhenAll(toGuest, toHost).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            _bridge.Send(FrameType.Reset, Id);
        }
        finally
        {
            _bridge.Forget(this);
            Break();
        }
    }

    internal void Take(Frame frame)
    {
        switch (frame.Type)
        {
            case FrameType.Opened:
                _ = _opened.TrySetResult(frame.Number);
                break;
            case FrameType.Data when Interlocked.Add(ref _notTaken, frame.Payload.Length) <= Window:
                _fromGuest.Writer.Write(frame.Payload.Span);
                _ = _fromGuest.Writer.FlushAsync().AsTask();
                break;
            case FrameType.Credit:
                _credit.Add(frame.Number);
                break;
            case FrameType.End:
                _fromGuest.Writer.Complete();
                break;
            default:
                Break();
                break;
        }
    }

    /// <summary>Ends it at once. Whoever is at the host's end finds it closed.</summary>
    internal void Break()
    {
        _ = _opened.TrySetException(new SocketException((int)SocketError.ConnectionRefused));
        // Nobody may be waiting for it.
        _ = _opened.Task.Exception;
        _socket.Dispose();
        _fromGuest.Reader.CancelPendingRead();
        _credit.Add(1);
    }

    private async Task CarryToGuestAsync()
    {
        byte[] buffer = new byte[Frame.MaxPayload];
        while (true)
        {
            int most = (int)Math.Min(await _credit.AvailableAsync().ConfigureAwait(false), buffer.Length);
            int count = await _socket.ReceiveAsync(buffer.AsMemory(0, most), SocketFlags.None).ConfigureAwait(false);
            await _bridge.Gate.PassAsync().ConfigureAwait(false);
            if (count == 0)
            {
                _bridge.Send(FrameType.End, Id);
                return;
            }

            _credit.Use(count);
            _bridge.Send(FrameType.Data, Id, buffer.AsSpan(0, count).ToArray());
        }
    }

    private async Task CarryToHostAsync()
    {
        uint taken = 0;
        while (true)
        {
            ReadResult result = await _fromGuest.Reader.ReadAsync().ConfigureAwait(false);
            await _bridge.Gate.PassAsync().ConfigureAwait(false);
            if (result.IsCanceled)
            {
                throw new OperationCanceledException();
            }

            foreach (ReadOnlyMemory<byte> segment in result.Buffer)
            {
                taken += (uint)await SendAllAsync(segment).ConfigureAwait(false);
            }

            _fromGuest.Reader.AdvanceTo(result.Buffer.End);
            if (taken >= Window / 4)
            {
                _ = Interlocked.Add(ref _notTaken, -taken);
                _bridge.Send(FrameType.Credit, Id, Frame.NumberPayload(taken));
                taken = 0;
            }

            if (result.IsCompleted)
            {
                _socket.Shutdown(SocketShutdown.Send);
                return;
            }
        }
    }

    private async Task<int> SendAllAsync(ReadOnlyMemory<byte> bytes)
    {
        int sent = 0;
        while (sent < bytes.Length)
        {
            sent += await _socket.SendAsync(bytes[sent..], SocketFlags.None).ConfigureAwait(false);
        }

        return sent;
    }
}
