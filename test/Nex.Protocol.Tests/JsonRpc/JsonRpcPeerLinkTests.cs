using System.Net.Sockets;
using Nex.Protocol.JsonRpc;
using Nex.Protocol.Tests.Support;

namespace Nex.Protocol.Tests.JsonRpc;

/// <summary>One peer, with the test itself as the other side.</summary>
public sealed class JsonRpcPeerLinkTests : IAsyncDisposable
{
    private const int MaxFrame = 10_000;

    private readonly RawPeer _raw;
    private readonly JsonRpcPeer _peer;
    private readonly Task<LinkException> _end;

    public JsonRpcPeerLinkTests()
    {
        (NetworkStream ours, NetworkStream theirs) = TestLink.CreatePair();
        _raw = new RawPeer(theirs);
        _peer = new JsonRpcPeer(new StreamLink(ours), new TestHandler { Instead = Misbehave }, MaxFrame);
        _end = _peer.RunAsync();
    }

    public ValueTask DisposeAsync() => _peer.DisposeAsync();

    [Fact]
    public async Task A_cancelled_wait_leaves_the_others_and_its_late_answer_is_ignored()
    {
        using var cancel = new CancellationTokenSource();
        Task<long> first = _peer.PingUntilAsync(1, "ping", cancel.Token);
        Assert.Equal("""{"jsonrpc":"2.0","id":1,"method":"ping","params":{"sequence":1}}""", await _raw.ReceiveAsync());
        Task<long> second = _peer.PingAsync(2);
        _ = await _raw.ReceiveAsync();

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await _raw.SendAsync("""{"jsonrpc":"2.0","id":1,"result":{"sequence":1}}""");
        await _raw.SendAsync("""{"jsonrpc":"2.0","id":2,"result":{"sequence":22}}""");

        Assert.Equal(22, await second);
    }

    [Fact]
    public async Task Answers_may_come_in_any_order()
    {
        Task<long> first = _peer.PingAsync(1);
        _ = await _raw.ReceiveAsync();
        Task<long> second = _peer.PingAsync(2);
        _ = await _raw.ReceiveAsync();

        await _raw.SendAsync("""{"jsonrpc":"2.0","id":2,"result":{"sequence":2}}""");
        Assert.Equal(2, await second);
        Assert.False(first.IsCompleted);

        await _raw.SendAsync("""{"jsonrpc":"2.0","id":1,"result":{"sequence":1}}""");
        Assert.Equal(1, await first);
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":99,"result":1}""")]
    [InlineData("""{"jsonrpc":"2.0","id":-1,"error":{"code":1,"message":"late"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":"1","result":1}""")]
    [InlineData("""{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"parse error"}}""")]
    public async Task An_answer_that_nobody_waits_for_is_ignored(string answer)
    {
        await _raw.SendAsync(answer);

        await AssertAliveAsync();
    }

    [Fact]
    public async Task An_answer_that_comes_twice_counts_once()
    {
        Task<long> ping = _peer.PingAsync(1);
        _ = await _raw.ReceiveAsync();

        await _raw.SendAsync("""{"jsonrpc":"2.0","id":1,"result":{"sequence":1}}""");
        await _raw.SendAsync("""{"jsonrpc":"2.0","id":1,"result":{"sequence":2}}""");

        Assert.Equal(1, await ping);
        await AssertAliveAsync();
    }

    [Fact]
    public async Task The_id_of_a_request_comes_back_as_it_was()
    {
        await _raw.SendAsync("""{"jsonrpc":"2.0","id":"x \u0041","method":"ping","params":{"sequence":1}}""");

        Assert.Equal("""{"jsonrpc":"2.0","id":"x \u0041","result":{"sequence":1}}""", await _raw.ReceiveAsync());
    }

    [Fact]
    public async Task A_link_that_closes_fails_all_that_wait()
    {
        Task<long>[] waiting = [_peer.PingAsync(1), _peer.PingAsync(2)];
        _ = await _raw.ReceiveAsync();

        _raw.Close();

        await AssertEndAsync(LinkFault.Closed, "The other side closed the link.", waiting);
    }

    [Fact]
    public async Task A_frame_that_is_too_long_ends_the_link()
    {
        Task<long> waiting = _peer.PingAsync(1);

        await _raw.SendBytesAsync(new byte[] { 0x7F, 0xFF, 0xFF, 0xFF });

        await AssertEndAsync(LinkFault.OversizedFrame, $"A frame of {int.MaxValue} bytes was announced; at most {MaxFrame} are accepted.", waiting);
    }

    [Fact]
    public async Task A_frame_that_stops_in_the_middle_ends_the_link()
    {
        Task<long> waiting = _peer.PingAsync(1);

        await _raw.SendBytesAsync("\0\0\0\u0009half"u8.ToArray());
        _raw.Close();

        await AssertEndAsync(LinkFault.TruncatedFrame, "The link ended in the middle of a frame.", waiting);
    }

    [Fact]
    public async Task A_malformed_frame_ends_the_link()
    {
        Task<long> waiting = _peer.PingAsync(1);

        await _raw.SendAsync("[]");

        await AssertEndAsync(LinkFault.MalformedFrame, "A frame was received that is no JSON-RPC 2.0 message: it is no JSON object.", waiting);
    }

    [Fact]
    public async Task Parameters_that_are_not_those_of_the_method_end_the_link()
    {
        Task<long> waiting = _peer.PingAsync(1);

        await _raw.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"ping","params":{"sequence":"one"}}""");

        await AssertEndAsync(LinkFault.MalformedFrame, "The ping is not as its method has it", waiting);
    }

    [Fact]
    public async Task An_answer_that_is_not_of_its_type_ends_the_link_and_fails_its_request()
    {
        Task<long> waiting = _peer.PingAsync(1);
        _ = await _raw.ReceiveAsync();

        await _raw.SendAsync("""{"jsonrpc":"2.0","id":1,"result":"pong"}""");

        await AssertEndAsync(LinkFault.MalformedFrame, "The answer to ping is not as its method has it", waiting);
    }

    [Fact]
    public async Task A_handler_that_fails_ends_its_link_and_nothing_else()
    {
        Task<long> waiting = _peer.PingAsync(1);

        await _raw.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"misbehave"}""");

        await AssertEndAsync(LinkFault.Broken, "A message could not be handled: as told", waiting);
    }

    [Fact]
    public async Task What_was_sent_before_the_end_is_still_handled()
    {
        await _raw.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"ping","params":{"sequence":5}}""");

        Assert.Contains("\"result\":{\"sequence\":5}", await _raw.ReceiveAsync(), StringComparison.Ordinal);
        _raw.Close();
        await AssertEndAsync(LinkFault.Closed, "The other side closed the link.");
    }

    private static JsonRpcReply? Misbehave(string method) => method == "misbehave" ? throw new InvalidOperationException("as told") : null;

    private async Task AssertAliveAsync()
    {
        await _raw.SendAsync("""{"jsonrpc":"2.0","id":"alive","method":"ping","params":{"sequence":1}}""");
        Assert.Equal("""{"jsonrpc":"2.0","id":"alive","result":{"sequence":1}}""", await _raw.ReceiveAsync());
    }

    private async Task AssertEndAsync(LinkFault fault, string message, params Task<long>[] waiting)
    {
        LinkException end = await _end.WaitAsync(PeerExtensions.Deadline, TestContext.Current.CancellationToken);
        Assert.Equal(fault, end.Fault);
        Assert.StartsWith(message, end.Message, StringComparison.Ordinal);
        foreach (Task<long> wait in waiting)
        {
            LinkException failure = await Assert.ThrowsAsync<LinkException>(() => wait);
            Assert.Equal((fault, end.Message), (failure.Fault, failure.Message));
        }
    }
}
