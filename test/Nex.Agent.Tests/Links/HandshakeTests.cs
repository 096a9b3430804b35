using System.Text;
using Nex.Agent.Tests.Support;
using Nex.Linux.Processes;
using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;

namespace Nex.Agent.Tests.Links;

public sealed class HandshakeTests
{
    [Fact]
    public void It_says_hello_first()
    {
        using AgentDriver agent = AgentDriver.StartSilently();

        AgentHello hello = agent.ReceiveHello();

        Assert.Equal(AgentDriver.AgentId, hello.AgentId);
        Assert.Equal(AgentHello.CurrentProtocol, hello.Protocol);
        Assert.Equal(["elf"], hello.Providers);
        Assert.StartsWith("0.1.0", hello.Version, StringComparison.Ordinal);
    }

    [Fact]
    public void It_answers_before_and_after_the_welcome()
    {
        using AgentDriver agent = AgentDriver.StartSilently();
        _ = agent.ReceiveHello();

        agent.Ping();
        agent.AnswerHello();
        agent.Ping();
    }

    [Fact]
    public void A_ping_is_answered_with_whatever_it_carried()
    {
        var carried = new AgentWelcome { NodeVersion = "größe \U0001F600 \"\\" };
        using AgentDriver agent = AgentDriver.Start();

        Assert.Equal(carried, agent.Request("ping", carried, AgentJsonContext.Default.AgentWelcome, AgentJsonContext.Default.AgentWelcome));
    }

    [Fact]
    public void A_node_that_refuses_it_ends_it_with_the_reason()
    {
        using AgentDriver agent = AgentDriver.StartSilently();
        _ = agent.ReceiveHello();

        agent.AnswerHello(refusal: "of another version");

        Assert.Equal(new ProcessExit(ExitCodes.Failed, null), agent.WaitForEnd());
        Assert.Equal($"nex-agent {AgentDriver.AgentId}: The node refused this agent: of another version\n", agent.Diagnostics);
    }

    [Fact]
    public void The_end_of_the_link_is_its_end()
    {
        using AgentDriver agent = AgentDriver.Start();

        agent.CloseLink();

        Assert.Equal(new ProcessExit(ExitCodes.LinkEnded, null), agent.WaitForEnd());
        Assert.Equal("", agent.Diagnostics);
    }

    [Fact]
    public void A_link_that_closes_before_the_welcome_is_its_end()
    {
        using AgentDriver agent = AgentDriver.StartSilently();

        agent.CloseLink();

        Assert.Equal(new ProcessExit(ExitCodes.LinkEnded, null), agent.WaitForEnd());
    }

    [Theory]
    [InlineData("\0\0\0\0", "A frame of no bytes was received.")]
    [InlineData("\u007f\0\0\0", "A frame of 2130706432 bytes was announced; at most 2097152 are accepted.")]
    [InlineData("\0\0\0\u0002[]", "A frame was received that is no JSON-RPC 2.0 message: it is no JSON object.")]
    public void A_malformed_frame_is_its_end_with_the_reason(string bytes, string reason)
    {
        using AgentDriver agent = AgentDriver.Start();

        agent.SendBytes(Encoding.Latin1.GetBytes(bytes));

        Assert.Equal(new ProcessExit(ExitCodes.Failed, null), agent.WaitForEnd());
        Assert.Equal($"nex-agent {AgentDriver.AgentId}: {reason}\n", agent.Diagnostics);
    }

    [Fact]
    public void Frames_may_come_byte_by_byte()
    {
        using AgentDriver agent = AgentDriver.Start();
        using var writer = new FrameWriter();
        writer.WriteNotification("unknown", new AgentPing { Sequence = 1 }, AgentJsonContext.Default.AgentPing);

        foreach (byte value in writer.Pending.ToArray())
        {
            agent.SendBytes([value]);
        }

        agent.Ping();
    }

    [Fact]
    public void A_method_that_it_does_not_have_is_refused()
    {
        using AgentDriver agent = AgentDriver.Start();

        JsonRpcException failure = Assert.Throws<JsonRpcException>(() => agent.Request(
            "dance", new AgentPing { Sequence = 1 }, AgentJsonContext.Default.AgentPing, AgentJsonContext.Default.AgentPing));

        Assert.Equal(JsonRpcError.MethodNotFound, failure.Code);
        Assert.Equal("An agent has no method 'dance'.", failure.Message);
        agent.Ping();
    }

    [Fact]
    public void Answers_and_notifications_that_it_does_not_expect_are_ignored()
    {
        using AgentDriver agent = AgentDriver.Start();
        using var writer = new FrameWriter();
        writer.WriteResult("99"u8.ToArray(), new AgentPing { Sequence = 1 }, AgentJsonContext.Default.AgentPing);
        writer.WriteError("\"x\""u8.ToArray(), new JsonRpcError(1, "no"));
        writer.WriteError("1"u8.ToArray(), new JsonRpcError(1, "the hello was answered before"));
        writer.WriteNotification("deploy", new AgentPing { Sequence = 1 }, AgentJsonContext.Default.AgentPing);

        agent.SendBytes(writer.Pending.Span);

        agent.Ping();
    }

    [Fact]
    public void Many_requests_at_once_are_all_answered_in_order()
    {
        using AgentDriver agent = AgentDriver.Start();

        long[] ids = [.. Enumerable.Range(0, 2000).Select(number =>
            agent.Send("ping", new AgentPing { Sequence = number }, AgentJsonContext.Default.AgentPing))];

        Assert.Equal(Enumerable.Range(0, 2000).Select(number => (long)number), ids.Select(id => agent.Answer(id, AgentJsonContext.Default.AgentPing).Sequence));
    }
}
