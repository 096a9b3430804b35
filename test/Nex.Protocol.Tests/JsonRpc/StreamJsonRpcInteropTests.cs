using System.Net.Sockets;
using System.Text.Json;
using Nex.Protocol.JsonRpc;
using Nex.Protocol.Tests.Support;
using StreamJsonRpc;
using StreamJsonRpcPeer = StreamJsonRpc.JsonRpc;

namespace Nex.Protocol.Tests.JsonRpc;

/// <summary>Our peer against one that others wrote, which proves that what we speak is JSON-RPC 2.0 and not something like it.</summary>
public sealed class StreamJsonRpcInteropTests : IAsyncDisposable
{
    private readonly TestHandler _handler = new();
    private readonly Service _service = new();
    private readonly JsonRpcPeer _ours;
    private readonly StreamJsonRpcPeer _theirs;

    public StreamJsonRpcInteropTests()
    {
        (NetworkStream ours, NetworkStream theirs) = TestLink.CreatePair();
        _ours = new JsonRpcPeer(new StreamLink(ours), _handler, LinkLimits.ToNode);
        var formatter = new SystemTextJsonFormatter
        {
            JsonSerializerOptions = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower },
        };
        _theirs = new StreamJsonRpcPeer(new LengthHeaderMessageHandler(theirs, theirs, formatter));
        _theirs.AddLocalRpcTarget(_service);
        _theirs.StartListening();
        _ = _ours.RunAsync();
    }

    public ValueTask DisposeAsync()
    {
        _theirs.Dispose();
        return _ours.DisposeAsync();
    }

    [Fact]
    public async Task Our_requests_are_answered_by_it()
    {
        long[] answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(number => _ours.PingAsync(number)));

        Assert.Equal(Enumerable.Range(0, 200).Select(number => (long)number), answers);
    }

    [Fact]
    public async Task Its_requests_are_answered_by_us()
    {
        Number[] answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(number =>
            _theirs.InvokeWithParameterObjectAsync<Number>("ping", new Number(number), TestContext.Current.CancellationToken)));

        Assert.Equal(Enumerable.Range(0, 200).Select(number => new Number(number)), answers);
    }

    [Fact]
    public async Task Its_errors_come_as_ours()
    {
        JsonRpcException unknown = await Assert.ThrowsAsync<JsonRpcException>(() => _ours.PingAsync(1, "unknown"));
        JsonRpcException refused = await Assert.ThrowsAsync<JsonRpcException>(() => _ours.PingAsync(1, "refuse"));

        Assert.Equal(JsonRpcError.MethodNotFound, unknown.Code);
        Assert.Equal((42, "It refuses."), (refused.Code, refused.Message));
    }

    [Fact]
    public async Task Our_errors_come_as_its_own()
    {
        RemoteInvocationException failure = await Assert.ThrowsAsync<RemoteInvocationException>(
            () => _theirs.InvokeWithParameterObjectAsync<Number>("refuse", new Number(1), TestContext.Current.CancellationToken));

        Assert.Equal((TestHandler.Refused, "No 'refuse' here."), (failure.ErrorCode, failure.Message));
    }

    [Fact]
    public async Task Notifications_go_both_ways()
    {
        await _ours.NotifyAsync(7);
        await _theirs.NotifyWithParameterObjectAsync("note", new Number(8));

        Assert.Equal(7, await _service.Noted.Task.WaitAsync(PeerExtensions.Deadline, TestContext.Current.CancellationToken));
        _ = await _theirs.InvokeWithParameterObjectAsync<Number>("ping", new Number(0), TestContext.Current.CancellationToken);
        Assert.Equal([8], _handler.Notified);
    }

    public sealed record Number(long Sequence);

    public sealed class Service
    {
        internal TaskCompletionSource<long> Noted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        [JsonRpcMethod("ping", UseSingleObjectParameterDeserialization = true)]
        public Number Ping(Number number) => number;

        [JsonRpcMethod("refuse", UseSingleObjectParameterDeserialization = true)]
        public Number Refuse(Number number) => throw new LocalRpcException("It refuses.") { ErrorCode = 42 };

        [JsonRpcMethod("note", UseSingleObjectParameterDeserialization = true)]
        public void Note(Number number) => Noted.TrySetResult(number.Sequence);
    }
}
