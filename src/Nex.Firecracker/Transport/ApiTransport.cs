using System.Buffers;
using System.Net.Sockets;
using System.Text;
using Nex.Firecracker.Recording;
using Nex.Firecracker.Sockets;
using Nex.Firecracker.Waiting;

namespace Nex.Firecracker.Transport;

/// <summary>Sends calls over the API's socket, each within its time and as long as the process lives.</summary>
internal sealed class ApiTransport : IDisposable
{
    /// <summary>The largest answer, in bytes: a process that its guest has taken over must not fill the memory of who asks it.</summary>
    internal const int MaxAnswerBytes = 1024 * 1024;

    private const int MaxAnswerHeaderKilobytes = 16;
    private const int ReadBytes = 4096;

    private readonly UnixDomainSocketEndPoint _endPoint;
    private readonly string _socketPath;
    private readonly FirecrackerClientOptions _options;
    private readonly ApiErrors _errors;
    private readonly HttpMessageInvoker _http;
    private readonly CancellationTokenSource _disposing = new();

    internal ApiTransport(UnixDomainSocketEndPoint endPoint, string socketPath, FirecrackerClientOptions options)
    {
        _endPoint = endPoint;
        _socketPath = socketPath;
        _options = options;
        _errors = new ApiErrors(socketPath);
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = ConnectAsync,
            MaxConnectionsPerServer = options.MaxConnections,
            MaxResponseHeadersLength = MaxAnswerHeaderKilobytes,
            MaxResponseDrainSize = 0,
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            // No headers but those that Firecracker needs.
            ActivityHeadersPropagator = null,
        });
    }

    /// <returns>The answer to a call that was carried out.</returns>
    /// <exception cref="FirecrackerException">It was not, or it is not known whether it was.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The client is, or was meanwhile, disposed of.</exception>
    internal async Task<ApiAnswer> SendAsync(ApiCall call, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposing.IsCancellationRequested, typeof(FirecrackerClient));
        cancellationToken.ThrowIfCancellationRequested();
        if (_options.ProcessExited is { IsCompleted: true })
        {
            throw _errors.ProcessGone(call);
        }

        if (call.Body?.Length > _options.MaxRequestBytes)
        {
            throw _errors.TooLarge(call, _options.MaxRequestBytes);
        }

        ApiAnswer? answer = null;
        try
        {
            answer = await ExchangeAsync(call, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Record(call, answer);
        }

        return answer.Status is >= 200 and < 300 ? answer : throw _errors.Refused(call, answer);
    }

    /// <exception cref="FirecrackerException">The answer to a call was not what it should be.</exception>
    internal FirecrackerException InvalidAnswer(ApiCall call, ApiAnswer answer, Exception failure) =>
        _errors.InvalidAnswer(call, failure.Message, answer.Status, failure);

    public void Dispose()
    {
        _disposing.Cancel();
        _http.Dispose();
    }

    private async Task<ApiAnswer> ExchangeAsync(ApiCall call, CancellationToken cancellationToken)
    {
        using var wait = new BoundedWait(call.Timeout, _options.TimeProvider, _options.ProcessExited, cancellationToken, _disposing.Token);
        try
        {
            using HttpRequestMessage request = call.ToMessage();
            using HttpResponseMessage response = await _http.SendAsync(request, wait.Token).ConfigureAwait(false);
            return new ApiAnswer((int)response.StatusCode, await ReadAsync(call, response.Content, wait.Token).ConfigureAwait(false));
        }
        catch (Exception failure) when (wait.End != WaitEnd.None)
        {
            throw wait.End switch
            {
                WaitEnd.Cancelled => new OperationCanceledException($"{call.Name} was cancelled; whether it was carried out is not known.", failure, cancellationToken),
                WaitEnd.Disposed => new ObjectDisposedException(typeof(FirecrackerClient).FullName),
                WaitEnd.ProcessGone => _errors.ProcessGone(call, failure),
                _ => _errors.TimedOut(call, failure),
            };
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            throw _errors.From(call, failure);
        }
    }

    private async Task<ReadOnlyMemory<byte>> ReadAsync(ApiCall call, HttpContent content, CancellationToken cancellationToken)
    {
        Stream stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var body = new ArrayBufferWriter<byte>();
            while (true)
            {
                int count = await stream.ReadAsync(body.GetMemory(ReadBytes), cancellationToken).ConfigureAwait(false);
                if (count == 0)
                {
                    return body.WrittenMemory;
                }

                body.Advance(count);
                if (body.WrittenCount > MaxAnswerBytes)
                {
                    throw _errors.InvalidAnswer(call, $"it is larger than {MaxAnswerBytes} bytes");
                }
            }
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        Socket socket = UnixSocketPath.CreateSocket();
        try
        {
            await socket.ConnectAsync(_endPoint, cancellationToken).ConfigureAwait(false);
            return new ApiStream(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void Record(ApiCall call, ApiAnswer? answer)
    {
        _options.Recorder?.Invoke(new ApiExchange
        {
            Instance = _socketPath,
            Method = call.Method.Method,
            Path = call.Path,
            Body = call.Body is null ? null : Encoding.UTF8.GetString(call.Body),
            Status = answer?.Status,
            Answer = answer is null or { Body.IsEmpty: true } ? null : Encoding.UTF8.GetString(answer.Body.Span),
        });
    }
}
