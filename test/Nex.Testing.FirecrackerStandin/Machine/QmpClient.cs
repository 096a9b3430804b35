using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nex.Linux.Sockets;

namespace Nex.Testing.FirecrackerStandin.Machine;

/// <summary>QEMU refused a command, or is gone.</summary>
internal sealed class QmpException(string message) : Exception(message);

/// <summary>QEMU's control protocol: a command at a time, and events in between.</summary>
internal sealed class QmpClient
{
    private readonly Socket _socket;
    private readonly Action<string, JsonNode?> _onEvent;
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private readonly TaskCompletionSource _greeted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private TaskCompletionSource<JsonNode?>? _answer;
    private bool _ended;

    /// <param name="onEvent">Called in order, from one thread at a time, with the name and the data of each event. It must not wait.</param>
    internal QmpClient(Socket socket, Action<string, JsonNode?> onEvent)
    {
        _socket = socket;
        _onEvent = onEvent;
        _ = ReadAsync();
    }

    /// <summary>Waits until QEMU takes commands.</summary>
    /// <exception cref="QmpException">It ended before.</exception>
    internal async Task ConnectAsync()
    {
        await _greeted.Task.ConfigureAwait(false);
        _ = await ExecuteAsync("qmp_capabilities").ConfigureAwait(false);
    }

    /// <param name="descriptor">Goes with the command.</param>
    /// <exception cref="QmpException">QEMU refused it, or ended.</exception>
    internal async Task<JsonNode?> ExecuteAsync(string command, JsonObject? arguments = null, SafeHandle? descriptor = null)
    {
        await _oneAtATime.WaitAsync().ConfigureAwait(false);
        try
        {
            var answer = new TaskCompletionSource<JsonNode?>(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_lock)
            {
                _answer = _ended ? throw Gone() : answer;
            }

            var request = new JsonObject { ["execute"] = command };
            if (arguments is not null)
            {
                request["arguments"] = arguments;
            }

            await SendAsync(Encoding.UTF8.GetBytes(request.ToJsonString() + "\n"), descriptor).ConfigureAwait(false);
            return await answer.Task.ConfigureAwait(false);
        }
        finally
        {
            _ = _oneAtATime.Release();
        }
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes, SafeHandle? descriptor)
    {
        try
        {
            int sent = descriptor is null ? 0 : SocketMessage.TrySend(_socket.SafeHandle, bytes.Span, descriptor) ?? 0;
            while (sent < bytes.Length)
            {
                sent += await _socket.SendAsync(bytes[sent..], SocketFlags.None).ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            throw Gone();
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            using var reader = new StreamReader(new NetworkStream(_socket, ownsSocket: false));
            while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
            {
                if (JsonNode.Parse(line) is JsonObject message)
                {
                    Take(message);
                }
            }
        }
        catch (Exception failure) when (failure is IOException or JsonException)
        {
            // QEMU was killed within a line.
        }

        End();
    }

    private void Take(JsonObject message)
    {
        if (message.ContainsKey("QMP"))
        {
            _ = _greeted.TrySetResult();
        }
        else if (message["event"] is { } name)
        {
            _onEvent(name.GetValue<string>(), message["data"]);
        }
        else if (message["error"] is { } error)
        {
            _ = _answer?.TrySetException(new QmpException(error["desc"]?.GetValue<string>() ?? "QEMU refused a command"));
        }
        else
        {
            _ = _answer?.TrySetResult(message["return"]);
        }
    }

    private void End()
    {
        lock (_lock)
        {
            _ended = true;
            _ = _answer?.TrySetException(Gone());
        }

        _ = _greeted.TrySetException(Gone());
        // Nobody may be waiting for it.
        _ = _greeted.Task.Exception;
    }

    private static QmpException Gone() => new("QEMU has ended");
}
