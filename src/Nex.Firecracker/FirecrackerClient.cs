using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Nex.Firecracker.Api;
using Nex.Firecracker.Sockets;
using Nex.Firecracker.Transport;

namespace Nex.Firecracker;

/// <summary>
/// A client of one Firecracker process, by the Unix socket of its API: one method for each call of the API document of Firecracker 1.17, named
/// after it. Creating a client does nothing yet; <see cref="ApiSocket.WaitAsync"/> waits until the socket is there.
/// </summary>
/// <remarks>
/// <para>Any thread may call any method at any time. Firecracker carries calls out one after the other.</para>
/// <para>
/// Every method fails with <see cref="FirecrackerException"/> when the call was refused, came to nothing, or took longer than
/// <see cref="FirecrackerClientOptions.Timeout"/>; with <see cref="OperationCanceledException"/> when the caller cancelled it; and with
/// <see cref="ObjectDisposedException"/> when the client is, or was meanwhile, disposed of. After a timeout or a cancellation it is not known
/// whether Firecracker has carried the call out. Nothing is ever sent twice, but for questions (GET).
/// </para>
/// <para>What is wrong with a value is for Firecracker to say, but for what it could not even be asked: ids, and the size of a body.</para>
/// </remarks>
public sealed partial class FirecrackerClient : IDisposable, IAsyncDisposable
{
    private readonly FirecrackerClientOptions _options;
    private readonly ApiTransport _transport;

    /// <param name="socketPath">The socket of the API, as an absolute path that this process sees; at most 107 bytes.</param>
    /// <param name="options">How to talk; null for the defaults.</param>
    /// <exception cref="ArgumentException">The path can be no socket's, or an option is out of its range.</exception>
    public FirecrackerClient(string socketPath, FirecrackerClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(socketPath);
        if (!UnixSocketPath.TryCreate(socketPath, out UnixDomainSocketEndPoint? endPoint, out string? fault))
        {
            throw new ArgumentException($"The API socket '{socketPath}' {fault}.", nameof(socketPath));
        }

        _options = options ?? new FirecrackerClientOptions();
        _options.ThrowIfInvalid();
        SocketPath = socketPath;
        _transport = new ApiTransport(endPoint, socketPath, _options);
    }

    /// <summary>The socket of the API.</summary>
    public string SocketPath { get; }

    /// <summary>GET /: what the process is, and what its microVM is doing.</summary>
    public Task<InstanceInfo> GetInstanceInfoAsync(CancellationToken cancellationToken = default) =>
        GetAsync("/", ApiJsonContext.Default.InstanceInfo, cancellationToken);

    /// <summary>GET /version.</summary>
    public Task<VersionInfo> GetVersionAsync(CancellationToken cancellationToken = default) =>
        GetAsync("/version", ApiJsonContext.Default.VersionInfo, cancellationToken);

    /// <summary>GET /vm/config: all that the microVM is configured with.</summary>
    public Task<VmConfiguration> GetVmConfigurationAsync(CancellationToken cancellationToken = default) =>
        GetAsync("/vm/config", ApiJsonContext.Default.VmConfiguration, cancellationToken);

    /// <summary>PUT /actions, InstanceStart: starts the microVM. Returns when its processors run, not when the guest has booted.</summary>
    public Task StartInstanceAsync(CancellationToken cancellationToken = default) => ActAsync(InstanceActionType.InstanceStart, cancellationToken);

    /// <summary>PUT /actions, FlushMetrics: writes the metrics now. Only once the microVM has been started.</summary>
    public Task FlushMetricsAsync(CancellationToken cancellationToken = default) => ActAsync(InstanceActionType.FlushMetrics, cancellationToken);

    /// <summary>PUT /actions, SendCtrlAltDel: asks the guest to shut down, as by its keyboard; x86-64 only. Returns when the guest has been asked.</summary>
    public Task SendCtrlAltDelAsync(CancellationToken cancellationToken = default) => ActAsync(InstanceActionType.SendCtrlAltDel, cancellationToken);

    /// <summary>
    /// PATCH /vm, Paused: stops processors and devices. Some versions refuse it for a microVM that is paused; <see cref="GetInstanceInfoAsync"/>
    /// tells whether it is.
    /// </summary>
    public Task PauseAsync(CancellationToken cancellationToken = default) => SetStateAsync(VmState.Paused, cancellationToken);

    /// <summary>PATCH /vm, Resumed: lets processors and devices go on.</summary>
    public Task ResumeAsync(CancellationToken cancellationToken = default) => SetStateAsync(VmState.Resumed, cancellationToken);

    /// <summary>Closes all connections. Calls that wait fail; whether they are carried out is not known. The process goes on.</summary>
    public void Dispose() => _transport.Dispose();

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private Task ActAsync(InstanceActionType type, CancellationToken cancellationToken) =>
        PutAsync("/actions", new InstanceAction { ActionType = type }, ApiJsonContext.Default.InstanceAction, cancellationToken);

    private Task SetStateAsync(VmState state, CancellationToken cancellationToken) =>
        PatchAsync("/vm", new VmStateUpdate { State = state }, ApiJsonContext.Default.VmStateUpdate, cancellationToken);

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var call = new ApiCall(HttpMethod.Get, path, null, _options.Timeout);
        ApiAnswer answer = await _transport.SendAsync(call, cancellationToken).ConfigureAwait(false);
        try
        {
            return JsonSerializer.Deserialize(answer.Body.Span, type) ?? throw new JsonException("it is null");
        }
        catch (JsonException failure)
        {
            throw _transport.InvalidAnswer(call, answer, failure);
        }
    }

    private Task PutAsync<T>(string path, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Put, path, body, type, _options.Timeout, cancellationToken);

    private Task PatchAsync<T>(string path, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Patch, path, body, type, _options.Timeout, cancellationToken);

    private async Task SendAsync<T>(
        HttpMethod method, string path, T body, JsonTypeInfo<T> type, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(body);
        var call = new ApiCall(method, path, JsonSerializer.SerializeToUtf8Bytes(body, type), timeout);
        _ = await _transport.SendAsync(call, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The path of a resource, once its id has been checked: it stands in the path as it is.</summary>
    private string ResourcePath(string collection, string id)
    {
        if (!string.IsNullOrEmpty(id) && id.All(static character => char.IsAsciiLetterOrDigit(character) || character == '_'))
        {
            return $"/{collection}/{id}";
        }

        throw new FirecrackerException(
            FirecrackerFailure.InvalidRequest,
            $"Nothing was sent to Firecracker on {SocketPath}: '{id}' can be no id of one of its {collection}, which has letters, digits and underscores only.")
        {
            SocketPath = SocketPath,
        };
    }
}
