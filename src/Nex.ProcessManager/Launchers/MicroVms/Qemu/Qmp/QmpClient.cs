using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nex.Protocol.JsonRpc;
using Nex.Protocol.Tasks;

namespace Nex.ProcessManager.Launchers.MicroVms.Qemu.Qmp;

/// <summary>
/// The monitor of one QEMU. Commands may be given from any thread; each is answered, refused, or fails with the end of the monitor. QEMU
/// runs what is not trusted, so what it says is bounded and checked.
/// </summary>
internal sealed class QmpClient : IAsyncDisposable
{
    private const int MaxLineBytes = 1024 * 1024;

    private readonly Link _link;
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;
    private readonly Action<string>? _onAnswered;
    private readonly SemaphoreSlim _sending = new(1);
    private readonly Lock _lock = new();
    private readonly Dictionary<long, TaskCompletionSource<QmpMessage>> _answers = [];
    private readonly List<EventWait> _waits = [];
    private readonly TaskCompletionSource _greeting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private QmpException? _end;
    private long _lastId;

    /// <summary>Takes over the link and begins to read.</summary>
    /// <param name="timeout">How long QEMU has to answer a command.</param>
    /// <param name="onAnswered">Told of each command that QEMU has carried out.</param>
    internal QmpClient(Link link, TimeProvider time, TimeSpan timeout, Action<string>? onAnswered = null)
    {
        _link = link;
        _time = time;
        _timeout = timeout;
        _onAnswered = onAnswered;
        _greeting.Task.Observe();
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>Waits until QEMU is there, and opens the conversation.</summary>
    /// <exception cref="QmpException">It is not there in time, or has ended.</exception>
    internal async Task OpenAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        await BoundAsync(_greeting.Task, "say hello", timeout, cancellationToken).ConfigureAwait(false);
        await ExecuteAsync("qmp_capabilities", cancellationToken: cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives a command and waits for its answer.</summary>
    /// <param name="handle">A file that goes with the command.</param>
    /// <exception cref="QmpException">QEMU refused it, did not answer in time, or has ended.</exception>
    internal async Task<JsonElement> ExecuteAsync(
        string command, JsonObject? arguments = null, SafeHandle? handle = null, CancellationToken cancellationToken = default)
    {
        long id = Interlocked.Increment(ref _lastId);
        var answered = new TaskCompletionSource<QmpMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            ThrowIfEnded();
            _answers.Add(id, answered);
        }

        try
        {
            await SendAsync(Line(command, arguments, id), handle, cancellationToken).ConfigureAwait(false);
            QmpMessage answer = await BoundAsync(answered.Task, $"answer '{command}'", _timeout, cancellationToken).ConfigureAwait(false);
            if (answer.Error is { } refusal)
            {
                throw new QmpException(QmpFailure.Refused, $"QEMU refused '{command}': {refusal}");
            }

            _onAnswered?.Invoke(command);
            return answer.Result;
        }
        finally
        {
            lock (_lock)
            {
                _answers.Remove(id);
            }
        }
    }

    /// <summary>The next event that is the one: call it before what causes it.</summary>
    internal Task<QmpMessage> NextAsync(Predicate<QmpMessage> isIt)
    {
        var wait = new EventWait(isIt);
        wait.Come.Task.Observe();
        lock (_lock)
        {
            ThrowIfEnded();
            _waits.Add(wait);
        }

        return wait.Come.Task;
    }

    public async ValueTask DisposeAsync()
    {
        await _link.DisposeAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        _sending.Dispose();
    }

    private static byte[] Line(string command, JsonObject? arguments, long id)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("execute"u8, command);
            if (arguments is not null)
            {
                json.WritePropertyName("arguments"u8);
                arguments.WriteTo(json);
            }

            json.WriteNumber("id"u8, id);
            json.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    private async Task SendAsync(byte[] line, SafeHandle? handle, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!await _link.SendAsync(line, handle, CancellationToken.None).ConfigureAwait(false))
            {
                throw new QmpException(QmpFailure.Timeout, "QEMU does not read what it is told.");
            }
        }
        catch (Exception failure) when (failure is (IOException or ObjectDisposedException) and not QmpException)
        {
            throw Closed(failure);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task<T> BoundAsync<T>(Task<T> task, string what, TimeSpan timeout, CancellationToken cancellationToken)
    {
        await BoundAsync((Task)task, what, timeout, cancellationToken).ConfigureAwait(false);
        return await task.ConfigureAwait(false);
    }

    private async Task BoundAsync(Task task, string what, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(timeout, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new QmpException(QmpFailure.Timeout, $"QEMU did not {what} within {timeout.TotalSeconds:0.###} s.");
        }
    }

    private async Task ReadAsync()
    {
        byte[] buffer = new byte[4096];
        int filled = 0;
        QmpException end;
        try
        {
            int count;
            while ((count = await _link.ReceiveAsync(buffer.AsMemory(filled), CancellationToken.None).ConfigureAwait(false)) > 0)
            {
                filled = TakeLines(buffer, filled + count);
                if (filled == buffer.Length)
                {
                    Grow(ref buffer);
                }
            }

            end = Closed(null);
        }
        catch (QmpException failure)
        {
            end = failure;
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            end = Closed(failure);
        }

        End(end);
    }

    /// <returns>How many bytes are left of the last line, which has not come whole; they are moved to the front.</returns>
    private int TakeLines(byte[] buffer, int filled)
    {
        int start = 0;
        int length;
        while ((length = buffer.AsSpan(start, filled - start).IndexOf((byte)'\n')) >= 0)
        {
            Take(QmpMessage.Parse(buffer.AsMemory(start, length)));
            start += length + 1;
        }

        buffer.AsSpan(start, filled - start).CopyTo(buffer);
        return filled - start;
    }

    private static void Grow(ref byte[] buffer)
    {
        if (buffer.Length >= MaxLineBytes)
        {
            throw new QmpException(QmpFailure.Malformed, $"QEMU sent a line of more than {MaxLineBytes} bytes.");
        }

        Array.Resize(ref buffer, 2 * buffer.Length);
    }

    private void Take(QmpMessage message)
    {
        if (message.IsGreeting)
        {
            _greeting.TrySetResult();
        }

        lock (_lock)
        {
            if (message.Id is { } id && _answers.Remove(id, out TaskCompletionSource<QmpMessage>? answered))
            {
                answered.SetResult(message);
            }

            if (message.Event is not null && _waits.FindIndex(wait => wait.IsIt(message)) is >= 0 and var index)
            {
                _waits[index].Come.SetResult(message);
                _waits.RemoveAt(index);
            }
        }
    }

    private void End(QmpException end)
    {
        lock (_lock)
        {
            _end = end;
            _greeting.TrySetException(end);
            foreach (TaskCompletionSource<QmpMessage> answered in _answers.Values)
            {
                answered.TrySetException(end);
            }

            foreach (EventWait wait in _waits)
            {
                wait.Come.TrySetException(end);
            }

            _waits.Clear();
        }
    }

    private void ThrowIfEnded()
    {
        if (_end is { } end)
        {
            throw new QmpException(end.Failure, end.Message, end);
        }
    }

    private static QmpException Closed(Exception? inner) => new(QmpFailure.Closed, "QEMU has closed its monitor: it has ended.", inner);

    private sealed record EventWait(Predicate<QmpMessage> IsIt)
    {
        internal TaskCompletionSource<QmpMessage> Come { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
