using System.Runtime.InteropServices;
using System.Text.Json.Serialization.Metadata;
using Nex.Protocol.Tasks;

namespace Nex.Protocol.JsonRpc;

/// <summary>
/// One end of a link: sends requests and notifications, and hands on those of the other side. Any thread may send at any time.
/// </summary>
/// <remarks>
/// The handler runs on the reader, one message after the other, and an answer is sent before the next message is read: an untrusted peer
/// that floods the link, or does not read its answers, holds up nobody but itself. The other side must therefore go on reading while it
/// sends, as an agent does: two of these, each with more requests on the way than a transport holds, would wait for each other.
/// </remarks>
internal sealed class JsonRpcPeer(Link link, IJsonRpcHandler handler, int maxFrameBytes) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<long, PendingRequest> _pending = [];
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly FrameWriter _writer = new();
    private LinkException? _end;
    private long _lastId;

    /// <summary>Reads until the link ends, and says why it did. Call it once. Requests that wait for an answer then fail.</summary>
    internal async Task<LinkException> RunAsync()
    {
        LinkException end;
        try
        {
            await ReadAsync().ConfigureAwait(false);
            end = new LinkException(LinkFault.Closed, "The other side closed the link.");
        }
        catch (LinkException failure)
        {
            end = failure;
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            end = new LinkException(LinkFault.Broken, $"The link broke: {failure.Message}", failure);
        }
        catch (Exception failure)
        {
            // What a handler fails on ends this link: nobody may wait for an answer that no reader is left to take.
            end = new LinkException(LinkFault.Broken, $"A message could not be handled: {failure.Message}", failure);
        }

        end = End(end);
        await link.DisposeAsync().ConfigureAwait(false);
        return end;
    }

    /// <summary>Sends a request and waits for its answer. Cancelling stops the wait, not the other side.</summary>
    /// <param name="handle">An open file to send along; see <see cref="Link.CarriesHandles"/>.</param>
    /// <exception cref="JsonRpcException">The other side answered with an error.</exception>
    /// <exception cref="LinkException">The link has ended, or ends before the answer.</exception>
    /// <exception cref="HandleNotSentException">The handle could not travel; nothing was sent.</exception>
    internal async Task<TResult> RequestAsync<TParameters, TResult>(
        string method,
        TParameters parameters,
        JsonTypeInfo<TParameters> parametersType,
        JsonTypeInfo<TResult> resultType,
        SafeHandle? handle,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var request = new PendingRequest<TResult>(method, resultType);
        // The end of the link is told by the sending or by the answer, and then not by both; and to who has stopped waiting by none.
        request.Answer.Observe();
        long id = Register(request);
        try
        {
            Task<bool> sending = SendAsync(
                (id, method, parameters, parametersType), static (writer, call) => writer.WriteRequest(call.id, call.method, call.parameters, call.parametersType), handle);
            sending.Observe();
            if (!await sending.WaitAsync(cancellationToken).ConfigureAwait(false))
            {
                throw new HandleNotSentException();
            }

            return await request.Answer.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _pending.Remove(id);
            }
        }
    }

    /// <exception cref="LinkException">The link has ended.</exception>
    internal Task NotifyAsync<T>(string method, T parameters, JsonTypeInfo<T> type) =>
        SendAsync((method, parameters, type), static (writer, call) => writer.WriteNotification(call.method, call.parameters, call.type), handle: null);

    /// <summary>Ends the link. <see cref="RunAsync"/> then ends too.</summary>
    public ValueTask DisposeAsync()
    {
        End(new LinkException(LinkFault.Closed, "The link was closed on this side."));
        return link.DisposeAsync();
    }

    private async Task ReadAsync()
    {
        using var frames = new FrameReader(maxFrameBytes);
        while (true)
        {
            while (frames.TryRead(out ReadOnlyMemory<byte> frame))
            {
                await DispatchAsync(JsonRpcMessage.Parse(frame)).ConfigureAwait(false);
            }

            if (!frames.HasPartialFrame)
            {
                // An idle link holds no buffer: it waits with an empty one.
                frames.ReleaseBuffer();
                await link.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None).ConfigureAwait(false);
            }

            int count = await link.ReceiveAsync(frames.GetMemory(), CancellationToken.None).ConfigureAwait(false);
            if (count == 0)
            {
                if (frames.HasPartialFrame)
                {
                    throw new LinkException(LinkFault.TruncatedFrame, "The link ended in the middle of a frame.");
                }

                return;
            }

            frames.Advance(count);
        }
    }

    private async ValueTask DispatchAsync(JsonRpcMessage message)
    {
        if (message.IsRequest)
        {
            JsonRpcReply reply = handler.OnRequest(message.Method!, message.Parameters);
            await SendAsync((reply, message.Id), static (writer, answer) => answer.reply.Write(writer, answer.Id), handle: null).ConfigureAwait(false);
        }
        else if (message.Method is not null)
        {
            handler.OnNotification(message.Method, message.Parameters);
        }
        else if (message.TryGetNumber(out long id))
        {
            PendingRequest? request;
            lock (_lock)
            {
                // An answer that nobody waits for any more belongs to a request that was cancelled.
                _pending.TryGetValue(id, out request);
            }

            request?.Complete(message);
        }
    }

    /// <summary>A frame once begun is sent whole: cut in two it would make the rest of the stream unreadable.</summary>
    private async Task<bool> SendAsync<TState>(TState state, Action<FrameWriter, TState> write, SafeHandle? handle)
    {
        await _sending.WaitAsync().ConfigureAwait(false);
        try
        {
            ThrowIfEnded();
            write(_writer, state);
            return await link.SendAsync(_writer.Pending, handle, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is (IOException and not LinkException) or ObjectDisposedException)
        {
            throw _end ?? new LinkException(LinkFault.Broken, $"The link broke: {failure.Message}", failure);
        }
        finally
        {
            _writer.Dispose();
            _sending.Release();
        }
    }

    private long Register(PendingRequest request)
    {
        lock (_lock)
        {
            ThrowIfEnded();
            _pending.Add(++_lastId, request);
            return _lastId;
        }
    }

    private void ThrowIfEnded()
    {
        if (_end is { } end)
        {
            throw new LinkException(end.Fault, end.Message, end);
        }
    }

    /// <returns>The first reason that was given, which is the one that counts.</returns>
    private LinkException End(LinkException end)
    {
        PendingRequest[] waiting;
        lock (_lock)
        {
            _end ??= end;
            end = _end;
            waiting = [.. _pending.Values];
            _pending.Clear();
        }

        foreach (PendingRequest request in waiting)
        {
            request.Fail(end);
        }

        return end;
    }

    private abstract class PendingRequest
    {
        internal abstract void Complete(in JsonRpcMessage message);

        internal abstract void Fail(LinkException end);
    }

    private sealed class PendingRequest<T>(string method, JsonTypeInfo<T> type) : PendingRequest
    {
        private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task<T> Answer => _answer.Task;

        internal override void Complete(in JsonRpcMessage message)
        {
            if (message.Error is { } error)
            {
                _answer.TrySetException(new JsonRpcException(error));
            }
            else
            {
                _answer.TrySetResult(JsonRpcMessage.Read(message.Result, type, $"The answer to {method}"));
            }
        }

        internal override void Fail(LinkException end) => _answer.TrySetException(new LinkException(end.Fault, end.Message, end));
    }
}
