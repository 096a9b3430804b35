using System.Net.Sockets;
using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;
using Nex.Protocol.Tests.Support;

namespace Nex.Protocol.Tests.JsonRpc;

public sealed class JsonRpcPeerTests : IAsyncLifetime
{
    private readonly JsonRpcPeer _left;
    private readonly JsonRpcPeer _right;
    private readonly TestHandler _rightHandler = new();
    private Task<LinkException> _leftEnd = null!;
    private Task<LinkException> _rightEnd = null!;

    public JsonRpcPeerTests()
    {
        (NetworkStream left, NetworkStream right) = TestLink.CreatePair();
        _left = new JsonRpcPeer(new StreamLink(left), new TestHandler(), LinkLimits.ToNode);
        _right = new JsonRpcPeer(new StreamLink(right), _rightHandler, LinkLimits.ToAgent);
    }

    public ValueTask InitializeAsync()
    {
        (_leftEnd, _rightEnd) = (_left.RunAsync(), _right.RunAsync());
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _left.DisposeAsync();
        await _right.DisposeAsync();
        _ = await Task.WhenAll(_leftEnd, _rightEnd).WaitAsync(PeerExtensions.Deadline);
    }

    [Fact]
    public async Task A_request_is_answered()
    {
        Assert.Equal(long.MaxValue, await _left.PingAsync(long.MaxValue));
        Assert.Equal(-1, await _right.PingAsync(-1));
    }

    [Fact]
    public async Task A_refusal_has_its_code_and_message()
    {
        JsonRpcException failure = await Assert.ThrowsAsync<JsonRpcException>(() => _left.PingAsync(1, "nothing"));

        Assert.Equal(TestHandler.Refused, failure.Code);
        Assert.Equal("No 'nothing' here.", failure.Message);
        Assert.Equal(2, await _left.PingAsync(2));
    }

    [Fact]
    public async Task A_request_that_is_cancelled_beforehand_is_not_sent()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _left.RequestAsync(
            "ping", new AgentPing { Sequence = 1 }, AgentJsonContext.Default.AgentPing, AgentJsonContext.Default.AgentPing, null, new CancellationToken(canceled: true)));

        // It would have come before this.
        Assert.Equal(2, await _left.PingAsync(2));
        Assert.Equal(1, _rightHandler.Requests);
    }

    [Fact]
    public async Task Requests_of_both_sides_cross_and_get_each_its_own_answer()
    {
        const int senders = 16, each = 200;
        await Task.WhenAll(Enumerable.Range(0, senders).Select(async sender =>
        {
            JsonRpcPeer peer = sender % 2 == 0 ? _left : _right;
            for (int number = sender * each; number < (sender + 1) * each; number++)
            {
                Assert.Equal(number, await peer.PingAsync(number));
            }
        }));
    }

    [Fact]
    public async Task Many_requests_can_wait_at_once()
    {
        long[] answers = await Task.WhenAll(Enumerable.Range(0, 5000).Select(number => _left.PingAsync(number)));

        Assert.Equal(Enumerable.Range(0, 5000).Select(number => (long)number), answers);
    }

    [Fact]
    public async Task Long_messages_from_many_threads_never_mix()
    {
        const int senders = 16;
        string[] texts = [.. Enumerable.Range(0, senders).Select(sender => new string((char)('a' + sender), 20_000 + (sender * 1000)))];
        var received = new List<string>();
        (NetworkStream ours, NetworkStream theirs) = TestLink.CreatePair();
        await using var peer = new JsonRpcPeer(new StreamLink(ours), new TestHandler(), LinkLimits.ToNode);
        var raw = new RawPeer(theirs);

        Task sending = Task.WhenAll(texts.Select(text => Task.Run(
            () => peer.NotifyAsync("note", new AgentWelcome { NodeVersion = text }, AgentJsonContext.Default.AgentWelcome),
            TestContext.Current.CancellationToken)));
        for (int count = 0; count < senders; count++)
        {
            JsonRpcMessage message = JsonRpcMessage.Parse(System.Text.Encoding.UTF8.GetBytes(await raw.ReceiveAsync()));
            received.Add(JsonRpcMessage.Read(message.Parameters, AgentJsonContext.Default.AgentWelcome, "It").NodeVersion);
        }

        await sending;
        Assert.Equal(texts, received.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Notifications_keep_their_order_and_precede_a_later_answer()
    {
        for (int number = 0; number < 100; number++)
        {
            await _left.NotifyAsync(number);
        }

        _ = await _left.PingAsync(0);

        Assert.Equal(Enumerable.Range(0, 100).Select(number => (long)number), _rightHandler.Notified);
    }

    [Fact]
    public async Task A_link_that_carries_no_handles_says_so_and_goes_on()
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle("/dev/null");

        await Assert.ThrowsAsync<HandleNotSentException>(() => _left.RequestAsync(
            "ping", new AgentPing { Sequence = 1 }, AgentJsonContext.Default.AgentPing, AgentJsonContext.Default.AgentPing, handle, TestContext.Current.CancellationToken));

        Assert.Equal(2, await _left.PingAsync(2));
    }

    [Fact]
    public async Task Closing_ends_both_sides_and_each_knows_who_closed()
    {
        await _left.DisposeAsync();

        LinkException left = await _leftEnd.WaitAsync(PeerExtensions.Deadline, TestContext.Current.CancellationToken);
        LinkException right = await _rightEnd.WaitAsync(PeerExtensions.Deadline, TestContext.Current.CancellationToken);

        Assert.Equal((LinkFault.Closed, "The link was closed on this side."), (left.Fault, left.Message));
        Assert.Equal((LinkFault.Closed, "The other side closed the link."), (right.Fault, right.Message));
    }

    [Fact]
    public async Task After_the_end_every_call_fails_at_once_with_the_reason()
    {
        await _left.DisposeAsync();

        LinkException request = await Assert.ThrowsAsync<LinkException>(() => _left.PingAsync(1));
        LinkException notification = await Assert.ThrowsAsync<LinkException>(() => _left.NotifyAsync(1));

        Assert.Equal("The link was closed on this side.", request.Message);
        Assert.Equal("The link was closed on this side.", notification.Message);
    }

    [Fact]
    public async Task Closing_twice_does_nothing_more()
    {
        await _left.DisposeAsync();
        await _left.DisposeAsync();

        Assert.Equal(LinkFault.Closed, (await _leftEnd).Fault);
    }
}
